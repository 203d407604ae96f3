import { resolve } from 'node:path';
import type { FetchOptions, JsonValue, SpawnOptions, ToolFs, WalkOptions, WriteOptions } from '@toka/sdk';

/** What a tool asks, as it is recorded and found again: paths absolute, members that are not given left out, always in the same order. */
type Args = Readonly<Record<string, JsonValue>>;

export function place(cwd: string, path: string): Args {
  return { path: resolve(cwd, path) };
}

export function can(cwd: string, action: string, path: string): Args {
  return { ...place(cwd, path), action };
}

/** All of a file is the same as bytes or as text. */
export function read(cwd: string, path: string, { start = 0, length, maxBytes }: Parameters<ToolFs['read']>[1] = {}): Args {
  return given({ ...place(cwd, path), start: start === 0 ? undefined : start, length, maxBytes });
}

export function stream(cwd: string, path: string, { start = 0, end }: Parameters<ToolFs['stream']>[1] = {}): Args {
  return given({ ...place(cwd, path), start: start === 0 ? undefined : start, end });
}

export function write(cwd: string, path: string, { exclusive = false, parents = false }: WriteOptions = {}): Args {
  return given({ ...place(cwd, path), exclusive: exclusive || undefined, parents: parents || undefined });
}

export function walk(cwd: string, path: string, { gitignore = true, hidden = false, extensions, directories = false, depth }: WalkOptions = {}): Args {
  return given({
    ...place(cwd, path),
    gitignore: gitignore ? undefined : false,
    hidden: hidden || undefined,
    extensions: extensions && [...extensions],
    directories: directories || undefined,
    depth,
  });
}

/** Of variables the names only: their values are often secrets. */
export function spawn(cwd: string, argv: readonly string[], { cwd: folder, input, timeoutMs, env, capabilities }: SpawnOptions = {}): { args: Args; content?: Uint8Array } {
  const args = given({
    argv: [...argv],
    cwd: folder === undefined ? undefined : resolve(cwd, folder),
    timeoutMs,
    env: env && Object.keys(env).toSorted(),
    capabilities: capabilities && [...capabilities],
    input: input === undefined ? undefined : true,
  });
  return { args, ...(input === undefined ? {} : { content: Buffer.from(input) }) };
}

/** Of headers the names only: their values are often secrets. */
export function fetch(url: string, { method = 'GET', headers, body, maxBytes }: FetchOptions = {}): { args: Args; content?: Uint8Array } {
  const args = given({ url, method: method.toUpperCase(), headers: headers && Object.keys(headers).map((name) => name.toLowerCase()).toSorted(), maxBytes, input: body === undefined ? undefined : true });
  return { args, ...(body === undefined ? {} : { content: typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body) }) };
}

export function call(tool: string, params: Readonly<Record<string, unknown>>): Args {
  return { tool, params: JSON.parse(JSON.stringify(params)) as JsonValue };
}

/** @param message What a tool without types says may be anything. */
export function log(level: string, message: unknown): Args {
  return { level, message: String(message) };
}

/** Without a limit is the same as without the member. */
function given(members: Readonly<Record<string, JsonValue | undefined>>): Args {
  return Object.fromEntries(Object.entries(members).filter((member): member is [string, JsonValue] => member[1] !== undefined && member[1] !== Infinity));
}
