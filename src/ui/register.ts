import { copyFileSync, existsSync, lstatSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { capabilityFault } from '../capability/rules.ts';
import { TokaError, toTokaError } from '../errors.ts';
import { entriesBelow } from '../files-below.ts';
import { makeFolder } from '../make-folder.ts';
import { readTextFile } from '../manifest/read.ts';
import { loadToolManifest } from '../manifest/load.ts';
import type { Tool } from '../manifest/tool.ts';
import { type Proposal, proposeManifest } from '../manifest/propose.ts';
import { securityFindings } from '../manifest/security.ts';
import { asResultError, type ResultError } from '../pipeline/result.ts';
import type { RegistryIndex } from '../registry/index-file.ts';
import type { Door } from './door.ts';
import { errorText } from './report.ts';
import { paint, plain, terminal } from './text.ts';

export interface RegisterFlags {
  readonly 'dry-run': boolean;
  readonly json: boolean;
  readonly 'validate-security': boolean;
}

interface Found {
  readonly file: string;
  readonly tool?: Tool;
  readonly error?: ResultError;
  readonly findings: readonly string[];
}

/** `toka tools register --discover DIR` */
export async function registerTools(folder: string, flags: RegisterFlags, door: Door): Promise<number> {
  const start = resolve(door.cwd, folder);
  if (statSync(start, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new TokaError('TOKA_USAGE', `--discover takes a folder, found ${start}`, { hint: 'check the path' });
  }
  const toka = await door.open();
  try {
    const files = lookThrough(start);
    const target = join(toka.root, '.toka', 'tools');
    const own = projectTools(await toka.index());
    const strange = files.filter((file) => isManifest(file) && !own.some(({ origin }) => origin.file === file));
    const examined = await Promise.all(strange.map(async (file) => examine(file, { start, target, root: toka.root }, own, flags)));
    const found = examined.map((each, at) => withoutNamesake(each, examined.slice(0, at)));
    const scripts = new Set([...own, ...found.flatMap(({ tool }) => tool ?? [])].flatMap(({ executable }) => ('path' in executable ? [executable.path] : [])));
    const proposals = files.filter((file) => !scripts.has(file)).flatMap((file) => proposeManifest(file) ?? []);
    const good = found.filter((each) => each.tool && !each.error && each.findings.length === 0);
    if (!flags['dry-run']) for (const { file, tool } of good) if (tool) copy(file, tool, { start, target });
    show({ found, good, proposals, target }, flags, door);
    return good.length === found.length ? 0 : 65;
  } finally {
    await toka.close();
  }
}

interface Folders {
  /** What is looked through. */
  readonly start: string;
  /** Where the tools are copied to, below the project's root. */
  readonly target: string;
  readonly root: string;
}

function projectTools(index: RegistryIndex): Tool[] {
  const names = new Set(index.list({ source: 'project' }).map(({ qualified }) => qualified));
  return [...names].flatMap((name) => index.find(name)).map(({ tool }) => tool);
}

async function examine(file: string, { start, target, root }: Folders, own: readonly Tool[], flags: RegisterFlags): Promise<Found> {
  try {
    const tool = await load(file, start);
    const place = join(target, relative(start, file));
    for (const source of filesOf(file, tool)) refuseLinks(join(target, relative(start, source)), root);
    const present = existsSync(place) ? await load(place, root) : tool;
    if (present.name !== tool.name) {
      throw new TokaError('TOKA_USAGE', `${place} is the manifest of ${present.name} already`, { hint: `rename or remove it to register ${tool.name} there` });
    }
    const namesake = own.find(({ name, origin }) => name === tool.name && origin.file !== place);
    if (namesake) throw ambiguous(tool.name, namesake.origin.file);
    return { file, tool, findings: flags['validate-security'] ? securityFindings(tool) : [] };
  } catch (thrown) {
    return { file, error: asResultError(toTokaError(thrown)), findings: [] };
  }
}

/** Two tools of one project with one name could neither be run: the first found is registered. */
function withoutNamesake(found: Found, before: readonly Found[]): Found {
  const { file, tool } = found;
  const first = before.find((each) => each.tool !== undefined && each.tool.name === tool?.name);
  return tool && first ? { file, error: asResultError(ambiguous(tool.name, first.file)), findings: [] } : found;
}

function ambiguous(name: string, file: string): TokaError {
  return new TokaError('TOKA_TOOL_AMBIGUOUS', `${file} declares a tool ${name} already`, { hint: 'rename one of them, or remove that manifest to register this one' });
}

async function load(file: string, root: string): Promise<Tool> {
  return loadToolManifest(file, { source: 'project', kind: 'project', root, checkCapability: capabilityFault });
}

/** The manifest and what stands beside it. */
function filesOf(file: string, { executable }: Tool): string[] {
  const script = 'path' in executable && executable.type !== 'external' ? [executable.path] : [];
  return [file, ...script, ...(executable.type === 'native' ? [executable.entry] : [])];
}

/** A project that was cloned may hold links through which a copy would replace a file anywhere. */
function refuseLinks(path: string, root: string): void {
  let at = root;
  for (const name of relative(root, path).split(sep)) {
    at = join(at, name);
    const entry = lstatSync(at, { throwIfNoEntry: false });
    if (entry?.isSymbolicLink()) {
      throw new TokaError('TOKA_STATE_UNAVAILABLE', `${at} is a link, and nothing is registered through one`, { hint: 'remove it' });
    }
    if (entry?.isDirectory() !== true) return;
  }
}

/** Copies a manifest with its script, keeping where they stand to one another; an older copy of the same tool is replaced. */
function copy(file: string, tool: Tool, { start, target }: Pick<Folders, 'start' | 'target'>): void {
  try {
    for (const source of filesOf(file, tool)) {
      const destination = join(target, relative(start, source));
      makeFolder(dirname(destination));
      copyFileSync(source, destination);
    }
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot copy ${file} to ${target}`, { cause, hint: 'check the permissions and the free space there' });
  }
}

function lookThrough(folder: string): string[] {
  try {
    return filesBelow(folder);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot look through ${folder}: ${(cause as Error).message}`, { cause, hint: 'check the permissions of it and of the folders in it, or name another one' });
  }
}

function filesBelow(folder: string): string[] {
  return [...entriesBelow(folder)]
    .filter((entry) => entry.isFile() && !/(^|\/)(node_modules|\.git)(\/|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** The folder is anybody's, so only what says that it is for toka, or looks so, counts: other YAML and JSON files are none of ours. */
function isManifest(file: string): boolean {
  if (!['.yaml', '.yml', '.json'].includes(extname(file))) return false;
  const read = readTextFile(file);
  return 'text' in read && /\btoka\/v\d|^\s*"?executable"?\s*:/m.test(read.text);
}

interface Outcome {
  readonly found: readonly Found[];
  readonly good: readonly Found[];
  readonly proposals: readonly Proposal[];
  readonly target: string;
}

function show({ found, good, proposals, target }: Outcome, flags: RegisterFlags, door: Door): void {
  if (flags.json) {
    const manifests = found.map(({ file, tool, error, findings }) => ({ file, ...(tool ? { tool: tool.name } : {}), ...(error ? { error } : {}), findings }));
    const registered = flags['dry-run'] ? [] : good.map(({ tool }) => tool?.name);
    door.stdout.write(`${JSON.stringify({ schema: 'toka/registration/v1', dryRun: flags['dry-run'], manifests, registered, proposals })}\n`);
    return;
  }
  const view = terminal(door.stdout, door.env);
  for (const { file, tool, error, findings } of found) {
    if (error) door.stderr.write(errorText(error, terminal(door.stderr, door.env)));
    else if (findings.length > 0) door.stdout.write(`${paint(view, 'yellow', 'refused')} ${tool?.name ?? basename(file)}: ${findings.map(plain).join('; ')}\n`);
    else door.stdout.write(`${paint(view, 'green', flags['dry-run'] ? 'would register' : 'registered')} ${tool?.name ?? ''} from ${file}\n`);
  }
  for (const { file, manifest } of proposals) {
    door.stdout.write(`\n${paint(view, 'yellow', 'no manifest')} for ${file}; a proposal, to be checked and saved beside it as ${basename(file)}.yaml:\n${manifest}`);
  }
  door.stdout.write(`\n${good.length} of ${found.length} manifests ${flags['dry-run'] ? 'can be registered' : `are in ${target}`}, ${proposals.length} scripts without one\n`);
}
