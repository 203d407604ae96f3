import { resolve } from 'node:path';
import { isCoded, type JsonValue, type ToolContext, type ToolFs } from '@toka/sdk';
import { isSecretBearing } from '../capability/secrets.ts';
import * as asked from './asked.ts';
import type { Question, Tape } from './tape.ts';
import type { TapedAnswer, TapedError } from './taped-call.ts';
import { realPathOf } from './tool-fs-locate.ts';

/** Variables whose names say that they hold a secret: that they were read is kept, their values are not. */
const SECRET_VARIABLE = /auth|cookie|credential|key|pass|private|pwd|secret|session|token|_pat$/i;

/** An address with a password in it, as DATABASE_URL has. */
const WITH_PASSWORD = /:\/\/[^/\s:@]*:[^/\s@]+@/;

/** The same context, which notes what the tool asks of it and what it is answered. */
export function recordContext(context: ToolContext, tape: Tape): ToolContext {
  return {
    ...context,
    fs: recordFs(context, tape),
    spawn: async (argv, options) => {
      const { args, content } = asked.spawn(context.cwd, argv, options);
      return noted(tape, tape.ask('spawn', args, content), async () => context.spawn(argv, options), (result) => ({ value: json(result) }));
    },
    call: async (tool, params) => noted(tape, tape.ask('call', asked.call(tool, params)), async () => context.call(tool, params), (result) => ({ value: json(result) })),
    fetch: async (url, options) => {
      const { args, content } = asked.fetch(url, options);
      return noted(tape, tape.ask('fetch', args, content), async () => context.fetch(url, options), ({ body, headers, status, url: at }) => ({ value: { url: at, status, headers }, bytes: body }));
    },
    env: (name) =>
      notedNow(tape.ask('env', { name }), () => context.env(name), (value) => (value !== undefined && isSecretVariable(name, value) ? { lost: 'secret' } : { value: value ?? null })),
    now: () => notedNow(tape.ask('now', {}), context.now, (value) => ({ value })),
    log: (level, message) => {
      tape.ask('log', asked.log(level, message))({ value: null });
      context.log(level, message);
    },
    progress: (progress) => {
      tape.ask('progress', json(progress))({ value: null });
      context.progress(progress);
    },
  };
}

function recordFs({ fs, cwd }: ToolContext, tape: Tape): ToolFs {
  const hides = (path: string): boolean => isSecret(resolve(cwd, path));
  const bytesOf = (path: string, bytes: Uint8Array): TapedAnswer => (hides(path) ? { lost: 'secret' } : { bytes });
  const read: ToolFs['read'] = async (path, options) =>
    noted(tape, tape.ask('read', asked.read(cwd, path, options)), async () => fs.read(path, options), (bytes) => bytesOf(path, Uint8Array.from(bytes)));
  return {
    can: (action, path) => notedNow(tape.ask('can', asked.can(cwd, action, path)), () => fs.can(action, path), (value) => ({ value })),
    read,
    readText: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    stream: (path, options) => recordStream(tape.ask('stream', asked.stream(cwd, path, options)), fs.stream(path, options), (parts) => bytesOf(path, Buffer.concat(parts))),
    write: async (path, data, options) => {
      const bytes = typeof data === 'string' ? Buffer.from(data) : Uint8Array.from(data);
      const question = tape.ask('write', asked.write(cwd, path, options), hides(path) ? undefined : bytes);
      return noted(tape, question, async () => fs.write(path, data, options), () => ({ value: null }));
    },
    stat: async (path) => noted(tape, tape.ask('stat', asked.place(cwd, path)), async () => fs.stat(path), (info) => ({ value: json(info ?? null) })),
    list: async (path) => noted(tape, tape.ask('list', asked.place(cwd, path)), async () => fs.list(path), (entries) => ({ value: json(entries) })),
    walk: (path, options) => recordStream(tape.ask('walk', asked.walk(cwd, path, options)), fs.walk(path, options), (entries) => ({ value: json(entries) })),
  };
}

function isSecretVariable(name: string, value: string): boolean {
  return SECRET_VARIABLE.test(name) || WITH_PASSWORD.test(value);
}

/** A symlink of a harmless name may lead to what bears secrets. */
function isSecret(path: string): boolean {
  return isSecretBearing(path) || isSecretBearing(realPathOf(path));
}

/** What is waited for is answered in an order, since a tool may wait for several things at once. */
async function noted<T>(tape: Tape, note: Question, work: () => Promise<T>, answer: (result: T) => TapedAnswer): Promise<T> {
  try {
    const result = await work();
    note({ ...answer(result), turn: tape.nextTurn() });
    return result;
  } catch (error) {
    note({ error: errorOf(error), turn: tape.nextTurn() });
    throw error;
  }
}

function notedNow<T>(note: Question, work: () => T, answer: (result: T) => TapedAnswer): T {
  try {
    const result = work();
    note(answer(result));
    return result;
  } catch (error) {
    note({ error: errorOf(error) });
    throw error;
  }
}

/** What the tool takes of a stream is what it was answered, whether it takes all of it or not. */
async function* recordStream<T>(note: Question, stream: AsyncIterable<T>, answer: (taken: T[]) => TapedAnswer): AsyncGenerator<T> {
  const taken: T[] = [];
  let end: Pick<TapedAnswer, 'part' | 'error'> = { part: true };
  try {
    for await (const each of stream) {
      taken.push(each);
      yield each;
    }
    end = {};
  } catch (error) {
    end = { error: errorOf(error) };
    throw error;
  } finally {
    note({ ...answer(taken), ...end });
  }
}

function errorOf(thrown: unknown): TapedError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!isCoded(thrown)) return { message };
  const { code, hint } = thrown;
  const { data } = thrown as { data?: unknown };
  return { code, message, ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data: json(data) }) };
}

function json(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
