import path from 'node:path';
import type { ToolContext } from '@toka/sdk';
import { eachText, type Skipped } from '../documents/each.ts';
import { exemptions } from '../documents/exempt.ts';
import { matcher, type Selected } from '../documents/select.ts';
import type { Edit } from '../documents/spans.ts';
import { Lines, type Text } from '../documents/text.ts';
import type { Finding } from '../documents/report.ts';
import { Anchors } from './anchors.ts';
import { checkLink, type Broken } from './check.ts';
import { classify } from './destination.ts';
import { extract } from './extract.ts';
import type { Link, Problem } from './model.ts';
import { Tree } from './tree.ts';

export interface CheckOptions {
  /** Folders, from the project's root, in which destinations with a leading `/` are looked for. */
  readonly roots: readonly string[];
  /** Globs of destinations that are not checked. */
  readonly ignore: readonly string[];
  /** Whether the edits are wanted, so that texts are kept. */
  readonly fix: boolean;
}

/** What was found in one document. */
export interface Checked {
  readonly file: Selected;
  readonly text: Text | undefined;
  readonly findings: readonly Finding[];
  /** One per finding that has a suggestion, in the same order as those. */
  readonly edits: readonly Edit[];
}

export interface Result {
  readonly documents: readonly Checked[];
  readonly links: number;
  readonly external: number;
  readonly skipped: readonly Skipped[];
}

interface Parsed {
  readonly file: Selected;
  readonly text: Text | undefined;
  readonly links: readonly (Link & { readonly line: number; readonly column: number })[];
  readonly problems: readonly (Problem & { readonly line: number; readonly column: number; readonly text: string })[];
}

/** Parses every document once, then checks the links, so that anchors of documents in the selection cost no second parse. */
export async function checkAll(ctx: ToolContext, files: readonly Selected[], options: CheckOptions): Promise<Result> {
  const anchors = new Anchors(ctx);
  const tree = new Tree(ctx);
  const ignored = await matcherOf(options.ignore);
  const parsed: Parsed[] = [];
  const skipped = await eachText(ctx, files, async (file, text) => {
    const found = await parse(file, text, options.fix, anchors);
    if (found === undefined) return 'too-complex';
    parsed.push(found);
    return undefined;
  });
  const roots = options.roots.map((root) => path.resolve(ctx.root, root));
  const documents: Checked[] = [];
  for (const document of parsed) {
    ctx.signal.throwIfAborted();
    const place = { file: document.file.path, root: ctx.root, roots };
    const wanted = document.links.filter((link) => !ignored(link.destination));
    const broken = await Promise.all(wanted.map((link) => checkLink(link, place, tree, anchors)));
    documents.push(report(document, wanted, broken));
  }
  const all = parsed.flatMap(({ links }) => links);
  return { documents, links: all.length, external: all.filter(({ destination }) => classify(destination) === 'external').length, skipped };
}

async function matcherOf(globs: readonly string[]): Promise<(destination: string) => boolean> {
  const matches = await matcher(globs);
  return (destination) => globs.includes(destination) || matches(destination.replace(/^\.?\//, ''));
}

async function parse(file: Selected, text: Text, keep: boolean, anchors: Anchors): Promise<Parsed | undefined> {
  const found = await extract(text.text, file.path);
  if (found === undefined) return undefined;
  anchors.add(file.path, found.anchors);
  const lines = new Lines(text.text);
  const exempt = exemptions(text.text, lines, 'link', found.code);
  const counts = ({ start, end }: { start: number; end: number }): boolean => !exempt.touches(start, Math.max(end, start + 1));
  return {
    file,
    text: keep ? text : undefined,
    links: found.links.filter(counts).map((link) => ({ ...link, ...lines.at(link.start) })),
    problems: found.problems
      .filter(counts)
      .map((problem) => ({ ...problem, ...lines.at(problem.start), text: text.text.slice(problem.start, problem.end) })),
  };
}

function report(document: Parsed, links: Parsed['links'], broken: readonly (Broken | undefined)[]): Checked {
  const found = [
    ...document.problems.map((problem) => ({ where: problem, text: problem.text, what: problem })),
    ...links.flatMap((link, index) => {
      const what = broken[index];
      return what === undefined ? [] : [{ where: link, text: link.destination, what }];
    }),
  ].toSorted((a, b) => a.where.start - b.where.start);
  return {
    file: document.file,
    text: document.text,
    findings: found.map(({ where, text, what }) => ({
      path: document.file.name,
      line: where.line,
      column: where.column,
      text,
      kind: what.kind,
      severity: what.severity,
      message: what.message,
      ...(what.suggestion === undefined ? {} : { suggestion: what.suggestion }),
    })),
    edits: found.flatMap(({ where, what }) =>
      what.suggestion === undefined ? [] : [{ start: where.start, end: where.end, text: what.suggestion }],
    ),
  };
}
