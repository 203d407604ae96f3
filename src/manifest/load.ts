import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { ErrorCode, TokaError } from '../errors.ts';
import { checkManifest, checkRemains, type CheckCapability } from './checks.ts';
import { quote, type Issue } from './issue.ts';
import { executableFile, normalise } from './normalise.ts';
import { displayPath, problemsError, toProblem } from './problems.ts';
import { readTextFile } from './read.ts';
import { toolManifest, type ExecutableDeclaration, type ToolManifest } from './tool-manifest.ts';
import type { Origin, Tool } from './tool.ts';
import { parseYaml, type Parsed } from './yaml.ts';
import { check } from './zod-issues.ts';

export interface LoadOptions {
  /** What qualifies the name: `project`, `user`, a plugin's short name. */
  readonly source: string;
  readonly kind: Origin['kind'];
  /** The folder that the tool's own files must lie in: the project's root, the user's tool folder, the package's folder. */
  readonly root: string;
  /** Says what is wrong with the text of a capability, or nothing. Default: only its shape is checked. */
  readonly checkCapability?: CheckCapability;
}

/**
 * Loads a tool manifest (YAML or JSON) and checks all of it, also that its script is there.
 *
 * @param file The manifest.
 * @throws TokaError TOKA_MANIFEST_INVALID with the first place in `where` and every problem in `data.problems`.
 */
export async function loadToolManifest(file: string, options: LoadOptions): Promise<Tool> {
  const path = resolve(file);
  const read = readTextFile(path);
  if ('issue' in read) throw problemsError('TOKA_MANIFEST_INVALID', path, [toProblem(read.issue)]);
  return parseToolManifest(read.text, path, options);
}

/**
 * Parses the text of a tool manifest that has been read already.
 *
 * @param file Absolute path where it stands.
 * @throws TokaError TOKA_MANIFEST_INVALID
 */
export function parseToolManifest(text: string, file: string, options: LoadOptions): Tool {
  const parsed = parseOrThrow('TOKA_MANIFEST_INVALID', text, file);
  const checked = check(toolManifest, parsed.value, (path) => parsed.positions.sourceOf(path));
  const issues =
    'data' in checked
      ? [...checkManifest(checked.data, options.checkCapability), ...checkFiles(checked.data, file, options.root)]
      : [...checked.issues, ...checkRemains(parsed.value, options.checkCapability)];
  if ('data' in checked && issues.length === 0) return normalise(checked.data, options.source, { kind: options.kind, file });
  throw issuesError('TOKA_MANIFEST_INVALID', file, issues, parsed);
}

/** Parses YAML or JSON into data whose syntax is free of problems, or throws them. */
export function parseOrThrow(code: ErrorCode, text: string, file: string): Parsed {
  const parsed = parseYaml(text);
  if ('value' in parsed) return parsed;
  throw problemsError(
    code,
    file,
    parsed.problems.map(({ issue, position }) => toProblem(issue, position)),
  );
}

/** The error for issues of a parsed file. */
export function issuesError(code: ErrorCode, file: string, issues: readonly Issue[], { positions }: Parsed): TokaError {
  return problemsError(
    code,
    file,
    issues.map((issue) => toProblem(issue, positions.locate(issue.path, issue.at))),
  );
}

function checkFiles({ spec: { executable } }: ToolManifest, file: string, root: string): Issue[] {
  if (!hasOwnFile(executable)) return [];
  const path = ['spec', 'executable', executable.type === 'native' ? 'entry' : 'path'];
  const target = executableFile(executable, dirname(file));
  const declared = quote(executable.type === 'native' ? executable.entry : executable.path);
  const outside = (found: string): Issue[] => [{ path, code: 'outside', expected: `a file inside ${quote(displayPath(root), 200)}`, found }];
  const missing = (found: string): Issue[] => [{ path, code: 'file-missing', expected: 'a regular file', found }];
  if (!isInside(target, resolve(root))) return outside(declared);
  try {
    if (!statSync(target).isFile()) return missing(declared);
    const real = realpathSync.native(target);
    return real === target || isInside(real, realpathSync.native(root)) ? [] : outside(`${declared}, a link that leads out of it`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return missing(code === 'ENOENT' ? declared : `${declared} (${code})`);
  }
}

/** Whether the executable is a file of the tool itself, not a program of the machine. */
function hasOwnFile(executable: ExecutableDeclaration): boolean {
  if (executable.type === 'external' || executable.type === 'mcp') return executable.path.includes('/') && !isAbsolute(executable.path);
  return true;
}

function isInside(path: string, root: string): boolean {
  const below = relative(root, path);
  return below !== '' && below !== '..' && !below.startsWith('../') && !isAbsolute(below);
}
