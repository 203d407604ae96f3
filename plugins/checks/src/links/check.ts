import path from 'node:path';
import { posix } from '../documents/select.ts';
import type { Anchors } from './anchors.ts';
import { classify, parseDestination, rewritten, type Destination } from './destination.ts';
import { markdownExtensions, type Link } from './model.ts';
import { nearest, nearestFile } from './nearest.ts';
import type { Tree } from './tree.ts';

/** What is wrong with a link. */
export interface Broken {
  readonly kind:
    | 'anchor'
    | 'anchor-case'
    | 'backslash'
    | 'case'
    | 'empty'
    | 'extension'
    | 'lines'
    | 'local'
    | 'missing'
    | 'outside'
    | 'unreadable';
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The new text of the link's span. */
  readonly suggestion?: string;
}

export interface Place {
  /** Absolute path of the document. */
  readonly file: string;
  /** Absolute path of the project. */
  readonly root: string;
  /** Absolute folders in which destinations with a leading `/` are looked for. */
  readonly roots: readonly string[];
}

type Target = { readonly path: string; readonly type: 'directory' | 'file' };

/** GitHub's own pages, reached from a README by climbing out of `blob/<branch>/`. */
const pages =
  'actions|blob|commits?|compare|discussions|edit|graphs|issues|labels|milestones?|network|new|packages|projects|pulls?|raw|releases';
const github = new RegExp(`^(?:\\.\\./)+(?:${pages}|security|stargazers|tags|tree|wiki)(?:/|$)`);

/**
 * Checks one link.
 *
 * @param link The link.
 * @param place Where it stands.
 * @param tree The project's files.
 * @param anchors The anchors of its documents.
 * @returns What is wrong; `undefined` for a good link and for one that leads to the network.
 */
export async function checkLink(link: Link, place: Place, tree: Tree, anchors: Anchors): Promise<Broken | undefined> {
  const kind = classify(link.destination);
  if (kind === 'empty') return { kind: 'empty', severity: 'warning', message: 'the link has no destination' };
  if (kind === 'local') return { kind: 'local', severity: 'warning', message: `${link.destination} exists on one machine only` };
  if (kind !== 'relative') return undefined;
  const destination = parseDestination(link.destination);
  if (destination.path === '') return checkAnchor(link, destination, { path: place.file, type: 'file' }, anchors);
  if (destination.path.includes('\\')) return backslash(link, destination);
  return checkPath(link, destination, place, tree, anchors);
}

function backslash(link: Link, destination: Destination): Broken {
  const suggestion = rewritten(link, { path: destination.path.replaceAll('\\', '/') });
  return {
    kind: 'backslash',
    severity: 'error',
    message: `${link.destination} has backslashes; paths in links are written with /`,
    suggestion,
  };
}

async function checkPath(link: Link, destination: Destination, place: Place, tree: Tree, anchors: Anchors): Promise<Broken | undefined> {
  const targets = candidates(destination.path, place);
  const looked = await Promise.all(targets.map((target) => tree.lookup(target)));
  for (const found of looked) {
    if (found.status === 'file' || found.status === 'directory')
      return checkFound(link, destination, { path: found.path, type: found.status }, anchors);
  }
  for (const found of looked) if (found.status === 'case') return wrongCase(link, destination, found.path, place);
  const [target = place.root, status] = [targets[0], looked[0]?.status];
  if (status === 'outside') {
    if (github.test(destination.path)) return undefined;
    return { kind: 'outside', severity: 'error', message: `${link.destination} leads out of the project` };
  }
  if (status === 'denied')
    return {
      kind: 'unreadable',
      severity: 'warning',
      message: `this run may not read ${link.destination}, so whether it exists is unknown`,
    };
  return (await otherExtension(link, destination, target, place, tree)) ?? missing(link, destination, target, place, tree);
}

function candidates(file: string, place: Place): string[] {
  if (file.startsWith('/')) return place.roots.map((root) => path.join(root, file));
  return [path.resolve(path.dirname(place.file), file)];
}

async function checkFound(link: Link, destination: Destination, target: Target, anchors: Anchors): Promise<Broken | undefined> {
  if (target.type === 'directory' && link.kind === 'image' && link.format === 'markdown') {
    return { kind: 'missing', severity: 'error', message: `${link.destination} is a folder, not an image` };
  }
  if (target.type === 'file' && destination.path.endsWith('/')) {
    return {
      kind: 'missing',
      severity: 'error',
      message: `${link.destination} is a file, not a folder`,
      suggestion: rewritten(link, { path: destination.path.replace(/\/+$/, '') }),
    };
  }
  return checkAnchor(link, destination, target, anchors);
}

function wrongCase(link: Link, destination: Destination, actual: string, place: Place): Broken {
  const suggestion = rewritten(link, { path: pathTo(actual, destination.path, place) });
  return {
    kind: 'case',
    severity: 'error',
    message: `${link.destination} is written ${posix(path.relative(place.root, actual))} in the project`,
    suggestion,
  };
}

/** Sites built from documents leave extensions out or write `.html`; readers of the sources find nothing there. */
async function otherExtension(link: Link, destination: Destination, target: string, place: Place, tree: Tree): Promise<Broken | undefined> {
  if (link.kind === 'image') return undefined;
  const bare = target.replace(/\.html?$/, '');
  const names = [...markdownExtensions, '.html'].flatMap((extension) => [`${bare}${extension}`, path.join(bare, `index${extension}`)]);
  for (const name of names) {
    const found = await tree.lookup(name);
    if (found.status !== 'file') continue;
    const suggestion = rewritten(link, { path: pathTo(found.path, destination.path, place) });
    return {
      kind: 'extension',
      severity: 'warning',
      message: `${link.destination} is only found as ${posix(path.relative(place.root, found.path))}`,
      suggestion,
    };
  }
  return undefined;
}

async function missing(link: Link, destination: Destination, target: string, place: Place, tree: Tree): Promise<Broken> {
  const near = nearestFile(target, await tree.files());
  const message = `there is no ${posix(path.relative(place.root, target))}`;
  if (near === undefined) return { kind: 'missing', severity: 'error', message };
  return { kind: 'missing', severity: 'error', message, suggestion: rewritten(link, { path: pathTo(near, destination.path, place) }) };
}

/** The path of a file as the document would write it, in the manner of the old one. */
function pathTo(file: string, old: string, place: Place): string {
  if (old.startsWith('/')) {
    const root = place.roots.find((folder) => file.startsWith(folder + path.sep)) ?? place.root;
    return `/${posix(path.relative(root, file))}`;
  }
  const relative = posix(path.relative(path.dirname(place.file), file)) || '.';
  return old.startsWith('./') && !relative.startsWith('.') ? `./${relative}` : relative;
}

async function checkAnchor(link: Link, destination: Destination, target: Target, anchors: Anchors): Promise<Broken | undefined> {
  const { anchor } = destination;
  if (anchor === undefined || anchor === '' || anchor === 'top' || link.kind === 'image') return undefined;
  const lines = /^L(\d+)(?:C\d+)?(?:-L?(\d+)(?:C\d+)?)?$/.exec(anchor);
  if (lines !== null && target.type === 'file') return checkLines(link, Number(lines[1]), Number(lines[2] ?? lines[1]), target, anchors);
  const known = await anchors.of(target.path, target.type);
  if (
    known === undefined ||
    known.has(anchor) ||
    known.has(anchor.replace(/^user-content-/, '')) ||
    /^(?:user-content-)?fn(?:ref)?-/.test(anchor)
  )
    return undefined;
  return wrongAnchor(link, anchor, known);
}

function wrongAnchor(link: Link, anchor: string, known: ReadonlySet<string>): Broken {
  const names = [...known];
  const same = names.find((name) => name.toLowerCase() === anchor.toLowerCase());
  if (same !== undefined) {
    return {
      kind: 'anchor-case',
      severity: 'warning',
      message: `the anchor is written #${same}`,
      suggestion: rewritten(link, { anchor: same }),
    };
  }
  const near = names.find((name) => squeezed(name) === squeezed(anchor)) ?? nearest(anchor, names);
  const message = `there is no anchor #${anchor} ${
    link.destination.startsWith('#') ? 'in this document' : `in ${link.destination.replace(/#.*$/s, '')}`
  }`;
  return { kind: 'anchor', severity: 'error', message, ...(near === undefined ? {} : { suggestion: rewritten(link, { anchor: near }) }) };
}

/** Other slug rules differ in how many hyphens and signs they keep. */
function squeezed(anchor: string): string {
  return anchor.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

async function checkLines(link: Link, first: number, last: number, target: Target, anchors: Anchors): Promise<Broken | undefined> {
  const count = await anchors.lines(target.path);
  if (count === undefined || (first >= 1 && first <= last && last <= count)) return undefined;
  const message = first > last ? `line ${first} comes after line ${last}` : `${link.destination.replace(/#.*$/s, '')} has ${count} lines`;
  return { kind: 'lines', severity: 'error', message };
}
