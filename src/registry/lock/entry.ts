import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { hexDigest } from '../../digest.ts';
import { TokaError } from '../../errors.ts';
import type { LockEntry } from '../../manifest/lock-file.ts';
import { problemsError, toProblem } from '../../manifest/problems.ts';
import { readTextFile } from '../../manifest/read.ts';
import type { Tool } from '../../manifest/tool.ts';

/**
 * The digest of a tool's own code: its script, module or program file. Bundled modules are part of toka, programs found in PATH or outside
 * are the machine's; they have none.
 *
 * @param root The project's, where there is one.
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE
 */
export function codeDigest(tool: Tool, root: string | undefined): string | undefined {
  const file = codeFileOf(tool, root);
  if (file === undefined) return undefined;
  try {
    return hexDigest(readFileSync(file));
  } catch (cause) {
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `cannot read ${file}, which the manifest ${tool.origin.file} names`, { cause, hint: 'is it there, and readable?' });
  }
}

/** The file of a tool's own code, where it has any. */
export function codeFileOf(tool: Tool, root: string | undefined): string | undefined {
  return codeFile(tool, homeOf(tool, root));
}

/** The folder that the files of a tool belong to. */
function homeOf({ origin }: Tool, root: string | undefined): string {
  return origin.kind === 'project' && root !== undefined ? root : dirname(origin.file);
}

function codeFile({ executable, origin }: Tool, home: string): string | undefined {
  if (executable.type === 'native') return origin.kind === 'bundled' ? undefined : executable.entry;
  if (executable.type === 'external' || executable.type === 'mcp') return executable.path.startsWith(`${home}/`) ? executable.path : undefined;
  return 'path' in executable ? executable.path : undefined;
}

/**
 * What the lock of a project says of a tool: nothing in it depends on the machine, or on who runs it.
 *
 * @param root The project's.
 * @param code The digest of its code.
 * @throws TokaError TOKA_MANIFEST_INVALID where its manifest cannot be read
 */
export function lockEntry(tool: Tool, root: string, code: string | undefined): LockEntry {
  const { capabilities, effect, executable, level, origin, risk, version } = tool;
  const isOwn = origin.kind === 'project';
  const home = homeOf(tool, root);
  return {
    origin: origin.kind as LockEntry['origin'],
    ...(isOwn ? { file: relative(root, origin.file) } : {}),
    version,
    executable: `${executable.type} ${shown(pathOf(executable), home)}`,
    effect,
    level,
    risk,
    capabilities: { required: [...capabilities.required], optional: [...capabilities.optional] },
    manifest: isOwn ? fileDigest(origin.file) : definitionDigest(tool, home),
    ...verified(origin),
    ...(code === undefined ? {} : { code }),
  };
}

/** What is known of the package of an installed plugin; of a linked one nothing is. */
function verified({ plugin }: Tool['origin']): Pick<LockEntry, 'integrity'> {
  return plugin?.integrity === undefined ? {} : { integrity: plugin.integrity };
}

/**
 * What the lock of a project says of its tools, by their full names. A user's own tools are no part of it: others who have the project do not
 * have them.
 *
 * @throws TokaError TOKA_TOOL_AMBIGUOUS, TOKA_MANIFEST_INVALID, TOKA_RUNTIME_UNAVAILABLE
 */
export function lockEntries(tools: readonly Tool[], root: string): Record<string, LockEntry> {
  const files = new Map<string, string>();
  const entries: Record<string, LockEntry> = {};
  for (const tool of tools) {
    if (tool.origin.kind === 'user') continue;
    const other = files.get(tool.qualified);
    if (other !== undefined) throw ambiguous(tool.qualified, [other, tool.origin.file]);
    files.set(tool.qualified, tool.origin.file);
    entries[tool.qualified] = lockEntry(tool, root, codeDigest(tool, root));
  }
  return entries;
}

function ambiguous(name: string, files: readonly string[]): TokaError {
  return new TokaError('TOKA_TOOL_AMBIGUOUS', `"${name}" is the name of ${files.length} tools: ${files.join(', ')}`, {
    hint: 'rename one of them',
    data: { files },
  });
}

/** Of the bytes, not of what toka makes of them: a later toka may read more out of the same manifest. */
function fileDigest(file: string): string {
  const read = readTextFile(file);
  if ('issue' in read) throw problemsError('TOKA_MANIFEST_INVALID', file, [toProblem(read.issue)]);
  return hexDigest(read.text);
}

function definitionDigest({ origin, executable, ...rest }: Tool, home: string): string {
  const path = shown(pathOf(executable), home);
  const where = executable.type === 'native' ? { entry: path } : { path };
  return hexDigest(JSON.stringify({ ...rest, origin: origin.kind, executable: { ...executable, ...where } }));
}

function pathOf(executable: Tool['executable']): string {
  if (executable.type === 'native') return executable.entry;
  return 'path' in executable ? executable.path : '';
}

/** A file relative to where the tool belongs; a program of the machine as it is. */
function shown(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? relative(home, path) : path;
}
