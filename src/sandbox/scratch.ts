import { chmodSync, closeSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmdirSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { TokaError } from '../errors.ts';
import { ownerIsGone, ownerName } from './owner.ts';

let base: string | undefined;
let own: string | undefined;
let serial = 0;

/**
 * The folder in which every toka process of this user has its scratch folder; no sandbox may see it.
 *
 * @throws TOKA_STATE_UNAVAILABLE where none can be made
 */
export function scratchBase(): string {
  return (base ??= openBase());
}

/** That folder, and those of this user's toka processes that were started otherwise: from a session, by cron, with another temporary folder. */
export function scratchBases(): string[] {
  const others = [inRuntime() ?? [], `/run/user/${user()}/toka`, inTemporary(temporaryFolder()), inTemporary('/tmp')].flat();
  return [scratchBase(), ...others.filter(isOwnFolder)];
}

/** A private folder of this process, removed when it exits and, if it was killed, by the next one. */
export function scratchFolder(): string {
  if (own !== undefined) return own;
  own = join(scratchBase(), ownerName());
  makeAnew(own);
  process.on('exit', () => removeFolder(own!));
  // One turn later than what a run waits for.
  setImmediate(() => void setImmediate(sweepBase).unref()).unref();
  return own;
}

/** One that is there already was left by another process of this name. */
function makeAnew(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    makeOrRefuse(folder, () => mkdirSync(folder, { mode: 0o700 }));
  }
}

/** @throws TOKA_STATE_UNAVAILABLE */
function makeOrRefuse<Result>(path: string, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `no temporary folder can be made in ${dirname(path)}`, {
      cause,
      hint: 'check its permissions and its free space, or set TMPDIR to another folder',
    });
  }
}

/** Mostly it is empty by then. */
function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A path in the scratch folder that nothing else uses. */
export function scratchPath(name: string): string {
  return join(scratchFolder(), `${name}.${serial++}`);
}

/** An open file without a name, in memory where there is such a folder: it may hold secrets. A child that inherits it reads from its start. */
export function nameless(content: Uint8Array | string = ''): number {
  const [fd, path] = openInMemory() ?? openNew(scratchPath('data'));
  unlinkSync(path);
  if (content.length > 0) fill(fd, content);
  return fd;
}

const MEMORY = '/dev/shm';

function openInMemory(): [fd: number, path: string] | undefined {
  try {
    return openNew(join(MEMORY, `${ownerName()}-${serial++}`));
  } catch {
    // Not on this machine, or not for this user.
    return undefined;
  }
}

function openNew(path: string): [fd: number, path: string] {
  return [openSync(path, 'wx+', 0o600), path];
}

/** Writes a nameless file without moving the position that its reader shares. */
export function fill(fd: number, content: Uint8Array | string): void {
  const bytes = Buffer.from(content);
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at, at);
}

const files = new Map<string, number>();

/** Opens content that never changes for one more reader, each with a position of its own. */
export function constant(name: string, content: () => Uint8Array | string): number {
  let fd = files.get(name);
  if (fd === undefined) {
    fd = nameless(content());
    files.set(name, fd);
  }
  return openSync(`/proc/self/fd/${fd}`, 'r');
}

let emptyFile: string | undefined;

/** A file without content or permission to write, to cover others with. */
export function emptyFilePath(): string {
  if (emptyFile === undefined) {
    emptyFile = scratchPath('empty');
    closeSync(openSync(emptyFile, 'wx', 0o444));
  }
  return emptyFile;
}

/** Named pipes for the streams of one process and its channel. Node's own pipes are sockets, which a program cannot open by name (`echo x > /dev/stderr`). */
export interface Pipes {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  /** What it reads of its channel, and what it writes there. */
  readonly lines: string;
  readonly replies: string;
}

/** Names for pipes that are still to be made. */
export function namePipes(): Pipes {
  return { stdin: scratchPath('in'), stdout: scratchPath('out'), stderr: scratchPath('err'), lines: scratchPath('lines'), replies: scratchPath('replies') };
}

/** The words of the command that makes them. */
export function mkfifo(pipes: Pipes): string[] {
  return ['mkfifo', '-m', '600', '--', ...Object.values<string>({ ...pipes })];
}

/** Where mkfifo is found, whatever the caller's own path says. */
export const MKFIFO_PATH = '/usr/bin:/bin';

export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) removeFile(path);
}

/** Without the looks that `rmSync` takes first. */
function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function openBase(): string {
  const runtime = inRuntime();
  if (runtime !== undefined && isPrivate(runtime)) return runtime;
  const temporary = inTemporary(temporaryFolder());
  return isPrivate(temporary) ? temporary : makeOrRefuse(temporary, () => mkdtempSync(join(temporaryFolder(), 'toka-')));
}

function inRuntime(): string | undefined {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime !== undefined && isAbsolute(runtime) ? join(runtime, 'toka') : undefined;
}

function inTemporary(folder: string): string {
  return join(folder, `toka-${user()}`);
}

/** As `tmpdir` of node:os, which takes half a millisecond of each start to load. */
function temporaryFolder(): string {
  const { TMPDIR, TMP, TEMP } = process.env;
  const folder = TMPDIR || TMP || TEMP || '/tmp';
  return folder.length > 1 && folder.endsWith('/') ? folder.slice(0, -1) : folder;
}

function user(): number | string {
  return process.getuid?.() ?? 'user';
}

/** Makes the folder, or accepts one that is there if it is this user's alone: /tmp is open to everybody. */
function isPrivate(path: string): boolean {
  return isOwnFolder(path) || (isMade(path) && isOwnFolder(path));
}

function isOwnFolder(path: string): boolean {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    // After `su`, XDG_RUNTIME_DIR names a folder of another user, which this one may not enter.
    return false;
  }
}

function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}

function sweepBase(): void {
  try {
    for (const name of readdirSync(scratchBase()).filter(ownerIsGone)) rmSync(join(scratchBase(), name), { recursive: true, force: true });
  } catch {
    // Another process of toka sweeps the same folder.
  }
}
