import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { capabilityFault } from '../capability/rules.ts';
import { TokaError, toTokaError } from '../errors.ts';
import { loadToolManifest } from '../manifest/load.ts';
import type { Tool } from '../manifest/tool.ts';
import { type Proposal, proposeManifest } from '../manifest/propose.ts';
import { securityFindings } from '../manifest/security.ts';
import type { ResultError } from '../toka.ts';
import type { Door } from './door.ts';
import { asResultError, errorText } from './report.ts';
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
    const files = filesBelow(start);
    const found = await Promise.all(files.filter(isManifest).map(async (file) => examine(file, start, flags)));
    const scripts = new Set(found.flatMap(({ tool }) => (tool && 'path' in tool.executable ? [tool.executable.path] : [])));
    const proposals = files.filter((file) => !scripts.has(file)).flatMap((file) => proposeManifest(file) ?? []);
    const good = found.filter((each) => each.tool && !each.error && each.findings.length === 0);
    const target = join(toka.root, '.toka', 'tools');
    if (!flags['dry-run']) for (const { file, tool } of good) if (tool) copy(file, tool, start, target);
    show({ found, good, proposals, target }, flags, door);
    return good.length === found.length ? 0 : 65;
  } finally {
    toka.close();
  }
}

async function examine(file: string, root: string, flags: RegisterFlags): Promise<Found> {
  try {
    const tool = await loadToolManifest(file, { source: 'project', kind: 'project', root, checkCapability: capabilityFault });
    return { file, tool, findings: flags['validate-security'] ? securityFindings(tool) : [] };
  } catch (thrown) {
    return { file, error: asResultError(toTokaError(thrown)), findings: [] };
  }
}

/** Copies a manifest with its script, keeping where they stand to one another; what is there already must be the same tool. */
function copy(file: string, tool: Tool, start: string, target: string): void {
  const script = 'path' in tool.executable && tool.executable.type !== 'external' ? [tool.executable.path] : [];
  const entry = tool.executable.type === 'native' ? [tool.executable.entry] : [];
  try {
    for (const source of [file, ...script, ...entry]) {
      const destination = join(target, relative(start, source));
      mkdirSync(dirname(destination), { recursive: true });
      copyFileSync(source, destination);
    }
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot copy ${file} to ${target}`, { cause, hint: 'check the permissions and the free space there' });
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/(^|\/)(node_modules|\.git)(\/|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** The folder is anybody's, so only what says that it is for toka, or looks so, counts: other YAML and JSON files are none of ours. */
function isManifest(file: string): boolean {
  return ['.yaml', '.yml', '.json'].includes(extname(file)) && /\btoka\/v\d|^\s*"?executable"?\s*:/m.test(readFileSync(file, 'utf8'));
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
