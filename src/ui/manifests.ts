import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { capabilityFault } from '../capability/rules.ts';
import { TokaError, toTokaError } from '../errors.ts';
import { loadToolManifest } from '../manifest/load.ts';
import { asResultError, type ResultError } from '../pipeline/result.ts';
import { manifestFiles } from '../registry/build-index.ts';
import type { RegistryIndex } from '../registry/index-file.ts';
import type { Door } from './door.ts';
import { errorText } from './report.ts';
import { paint, terminal } from './text.ts';

interface Checked {
  readonly file: string;
  readonly tool?: string;
  readonly error?: ResultError;
}

/** `toka tools validate [FILE…]`: checks the files named, or every manifest that toka knows here. */
export async function validateManifests(names: readonly string[], { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const checked: Checked[] = names.length === 0 ? known(await toka.index({ rebuild: true })) : [];
    for (const file of names.flatMap((name) => manifestsIn(resolve(door.cwd, name)))) checked.push(await checkFile(file, toka.root));
    const failed = checked.filter(({ error }) => error);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/validation/v1', ok: failed.length === 0, manifests: checked })}\n`);
    else print(checked, door);
    return failed.length === 0 ? 0 : 65;
  } finally {
    await toka.close();
  }
}

/** Everything that was looked at to build the index. */
function known(index: RegistryIndex): Checked[] {
  const problems = new Map(index.problems().map((problem) => [problem.file, problem]));
  return index.manifests().map((file): Checked => {
    const problem = problems.get(file);
    return problem ? { file, error: asResultError(new TokaError(problem.code, problem.message, problem)) } : { file };
  });
}

async function checkFile(file: string, root: string): Promise<Checked> {
  try {
    const tool = await loadToolManifest(file, { source: 'project', kind: 'project', root, checkCapability: capabilityFault });
    return { file, tool: tool.name };
  } catch (thrown) {
    return { file, error: asResultError(toTokaError(thrown)) };
  }
}

/** The manifests of a folder and its sub-folders, found as the index finds them, or the file itself. */
function manifestsIn(path: string): string[] {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry) throw new TokaError('TOKA_USAGE', `there is no ${path}`, { hint: 'name a manifest or a folder of manifests' });
  const isFolder = entry.isSymbolicLink() ? leadsToFolder(path) : entry.isDirectory();
  if (!isFolder) return [path];
  requireReadable(path);
  return manifestFiles(path);
}

/** A folder that cannot be looked into has no manifests without problems. */
function requireReadable(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot look into ${folder}: ${(cause as Error).message}`, { cause, hint: 'check its permissions' });
  }
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    // A link that leads nowhere, or in a circle, is reported as a file that cannot be read.
    return false;
  }
}

function print(checked: readonly Checked[], door: Door): void {
  const view = terminal(door.stdout, door.env);
  for (const { file, error } of checked) {
    if (error) door.stderr.write(errorText(error, terminal(door.stderr, door.env)));
    else door.stdout.write(`${paint(view, 'green', 'ok')} ${file}\n`);
  }
  const failed = checked.filter(({ error }) => error).length;
  door.stdout.write(`${checked.length} manifests, ${failed} with problems\n`);
}
