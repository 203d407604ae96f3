import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { homeFolder } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import { installationOf } from './installation.ts';
import { contains, isVisible } from './mounts.ts';
import type { Mount } from './plan.ts';
import { behindShim } from './shims.ts';

/**
 * Finds the program of a plan inside its sandbox, so that a missing one is reported before anything starts.
 *
 * @returns its absolute path
 * @throws TOKA_RUNTIME_UNAVAILABLE naming the program, or the interpreter that its first line asks for
 */
export function requireProgram(name: string, path: string, mounts: readonly Mount[], cwd: string): string {
  const candidates = candidatesFor(name, path, cwd);
  const program = candidates.find((candidate) => isProgram(candidate) && isVisible(candidate, mounts));
  if (program === undefined) throw missing(name, candidates.some(isProgram), path);
  const interpreter = interpreterOf(program);
  if (interpreter !== undefined && !(isProgram(interpreter) && isVisible(interpreter, mounts))) {
    throw missing(interpreter, isProgram(interpreter), path, program);
  }
  return program;
}

/** A program of this machine, and what of it a sandbox must show for the program to run. */
export interface RealProgram {
  readonly path: string;
  /** Read mounts beside the system's own folders. */
  readonly mounts: readonly string[];
}

/**
 * Finds a program in PATH as a shell would, goes through the shims of version managers to the real one, and says which folders its
 * installation needs.
 *
 * @param name a name, or an absolute path
 * @param env PATH and the variables that choose a version; default HOME is the user's
 * @throws TOKA_RUNTIME_UNAVAILABLE naming the program
 */
export function realProgram(name: string, env: Readonly<Record<string, string | undefined>>, cwd = process.cwd()): RealProgram {
  const path = env['PATH'] ?? '';
  const candidates = candidatesFor(name, path, cwd);
  for (const candidate of candidates) {
    if (!isProgram(candidate)) continue;
    const program = behindShim(candidate, env, cwd);
    if (program === undefined || !isProgram(program)) continue;
    if (isVisible(program, [])) return { path: program, mounts: [] };
    const mounts = installationOf(program, homeFolder(env));
    return { path: mounts.some((mount) => contains(mount, program)) ? program : realpathSync.native(program), mounts };
  }
  throw missing(name, false, path);
}

/** The file that a program really is: found as a shell would, links followed; `undefined` where there is none. */
export function programFile(name: string, env: Readonly<Record<string, string | undefined>>, cwd: string): string | undefined {
  const found = candidatesFor(name, env['PATH'] ?? '', cwd).find(isProgram);
  return found === undefined ? undefined : realpathSync.native(found);
}

function candidatesFor(name: string, path: string, cwd: string): string[] {
  if (name.includes('/')) return [isAbsolute(name) ? name : join(cwd, name)];
  return path.split(delimiter).filter(isAbsolute).map((folder) => join(folder, name));
}

function isProgram(path: string): boolean {
  try {
    // Asked first, since most folders of PATH have no such file, and an error takes longer than the look.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a script, or one of the scripts that it is run by, names an interpreter that is not there: the kernel then starts nothing.
 *
 * @param depth How many interpreters may stand behind one another (execve(2), ELOOP).
 */
export function lacksInterpreter(program: string, depth = 5): boolean {
  const interpreter = interpreterOf(program);
  return interpreter !== undefined && (depth === 0 || !isProgram(interpreter) || lacksInterpreter(interpreter, depth - 1));
}

/** The interpreter on the first line of a script (execve(2): at most 255 characters). */
function interpreterOf(program: string): string | undefined {
  const head = Buffer.alloc(256);
  let length = 0;
  try {
    const fd = openSync(realpathSync.native(program), 'r');
    length = readSync(fd, head);
    closeSync(fd);
  } catch {
    // A program may be executable without being readable.
    return undefined;
  }
  return /^#![ \t]*([^ \t\n\0]+)/.exec(head.toString('latin1', 0, length))?.[1];
}

function missing(name: string, hidden: boolean, path: string, script?: string): TokaError {
  const wanted = script === undefined ? `the program ${name}` : `the interpreter ${name} of ${script}`;
  const found = hidden ? 'it lies outside what the sandbox may see' : name.includes('/') ? 'no such program' : `none in ${path}`;
  return new TokaError('TOKA_RUNTIME_UNAVAILABLE', `expected ${wanted} inside the sandbox; ${found}`, {
    hint: hidden ? `grant its folder: --allow fs:read:…/**` : `install ${name}, or correct the name`,
    data: { program: name },
  });
}
