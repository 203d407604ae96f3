import type { CallResult, FileEntry, FileInfo, JsonValue, ProcessResult, ToolContext, ToolFs } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import type { Verb } from '../journal/recorded.ts';
import * as asked from './asked.ts';
import { inTurns } from './turns.ts';
import { fetched } from './tool-fetch.ts';
import type { TapedAnswer, TapedCall, TapedError } from './taped-call.ts';

/** A call that a replayed tool made. */
export interface ReplayedCall extends Omit<TapedCall, 'answer'> {
  /** Which call on record it was answered from; absent where there is none. */
  readonly of?: number;
}

/** What is known of a run that is replayed, beside its calls. */
export interface ReplayBase extends Pick<ToolContext, 'runId' | 'idempotencyKey' | 'cwd' | 'root' | 'capabilities' | 'missing'> {
  /** The values of variables that are not on record. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ReplayOptions extends ReplayBase {
  readonly signal: AbortSignal;
  readonly recorded: readonly TapedCall[];
  /** Whether answers come in the order in which they came on record. Default false: at once. */
  readonly inOrder?: boolean;
  /** Replaces secrets as they were replaced in the record. */
  mask?(value: JsonValue): JsonValue;
}

export interface Replay {
  readonly context: ToolContext;
  /** The calls made so far, in their order. */
  readonly calls: readonly ReplayedCall[];
}

/** What a tool may look at more often than on record: nothing happens by it. */
const LOOKS: readonly Verb[] = ['read', 'stream', 'stat', 'list', 'walk', 'can', 'env', 'now'];

/** Pieces in which a stream comes that has not the file any more. */
const CHUNK = 256 * 1024;

/** What had not come when the run ended: whoever waits for it was not waited for. */
const { promise: NEVER } = Promise.withResolvers<never>();

/** Makes a context that answers from the record, and touches nothing. A call that is not on record is refused, and so is each one after it. */
export function replayContext({ signal, recorded, inOrder = false, mask = (value) => value, env, ...base }: ReplayOptions): Replay {
  const { calls, ask, wait } = answersOf({ signal, recorded, inOrder, mask });
  const context: ToolContext = {
    ...base,
    signal,
    fs: replayFs(base.cwd, ask, wait),
    spawn: async (argv, options = {}) => {
      const { args, content } = asked.spawn(base.cwd, argv, options);
      const result = now(await wait('spawn', args, content)) as unknown as ProcessResult;
      for (const stream of ['stdout', 'stderr'] as const) if (result[stream] !== '') options.onOutput?.(stream, result[stream]);
      return result;
    },
    call: async (tool, params) => now(await wait('call', asked.call(tool, params))) as unknown as CallResult,
    fetch: async (url, options) => {
      const { args, content } = asked.fetch(url, options);
      const answer = await wait('fetch', args, content);
      return fetched(now(answer) as unknown as Parameters<typeof fetched>[0], answer.bytes);
    },
    env: (name) => {
      const answer = ask('env', { name });
      return answer.lost ? env[name] : ((now(answer) as string | null) ?? undefined);
    },
    now: () => now(ask('now', {})) as number,
    log: (level, message) => void ask('log', asked.log(level, message)),
    progress: (progress) => void ask('progress', JSON.parse(JSON.stringify(progress)) as JsonValue),
  };
  return { context, calls };
}

type Ask<T> = (verb: Verb, args: JsonValue, content?: Uint8Array) => T;

interface Answers extends Pick<Replay, 'calls'> {
  readonly ask: Ask<TapedAnswer>;
  /** The same, when its turn has come. */
  readonly wait: Ask<Promise<TapedAnswer>>;
}

/** Answers questions by what they ask, those that ask the same in their order. */
function answersOf({ signal, recorded, inOrder, mask }: Required<Pick<ReplayOptions, 'signal' | 'recorded' | 'inOrder' | 'mask'>>): Answers {
  const calls: ReplayedCall[] = [];
  const open = queues(recorded);
  const last = new Map<string, number>();
  const turns = inOrder ? inTurns() : undefined;
  let refusal: TokaError | undefined;
  const ask: Answers['ask'] = (verb, given, content) => {
    signal.throwIfAborted();
    if (refusal) throw refusal;
    const args = mask(given);
    const key = keyOf(verb, args);
    const of = open.get(key)?.shift() ?? (LOOKS.includes(verb) ? last.get(key) : undefined);
    turns?.asked();
    calls.push({ do: verb, args, ...(content ? { content } : {}), ...(of === undefined ? {} : { of }) });
    if (of === undefined) {
      if (verb === 'log' || verb === 'progress') return {};
      refusal = new TokaError('TOKA_REPLAY_DIVERGED', `the tool asks for what is not on record: ${verb} ${JSON.stringify(args).slice(0, 200)}`);
      throw refusal;
    }
    last.set(key, of);
    return recorded[of]?.answer ?? {};
  };
  return {
    calls,
    ask,
    wait: async (...question) => {
      const answer = ask(...question);
      if (answer.turn) await turns?.wait(answer.turn);
      return answer.lost === 'end' ? NEVER : answer;
    },
  };
}

function replayFs(cwd: string, ask: Ask<TapedAnswer>, wait: Ask<Promise<TapedAnswer>>): ToolFs {
  const read: ToolFs['read'] = async (path, options) => {
    const answer = await wait('read', asked.read(cwd, path, options));
    now(answer);
    return Buffer.from(answer.bytes ?? []);
  };
  return {
    can: (action, path) => now(ask('can', asked.can(cwd, action, path))) as boolean,
    read,
    readText: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    stream: (path, options) => replayStream(ask, 'stream', asked.stream(cwd, path, options), ({ bytes }) => pieces(bytes)),
    write: async (path, data, options) => {
      now(await wait('write', asked.write(cwd, path, options), typeof data === 'string' ? Buffer.from(data) : Uint8Array.from(data)));
    },
    stat: async (path) => (now(await wait('stat', asked.place(cwd, path))) as unknown as FileInfo | null) ?? undefined,
    list: async (path) => now(await wait('list', asked.place(cwd, path))) as unknown as FileEntry[],
    walk: (path, options) => replayStream(ask, 'walk', asked.walk(cwd, path, options), ({ value: entries }) => entries as unknown as FileEntry[]),
  };
}

/** A stream is asked for when it is made. Who takes more of it than on record gets what is not known. */
function replayStream<T>(ask: Ask<TapedAnswer>, verb: Verb, args: JsonValue, parts: (answer: TapedAnswer) => Iterable<T>): AsyncGenerator<T> {
  const answer = ask(verb, args);
  return (async function* taken() {
    if (answer.lost === 'end') await NEVER;
    if (answer.lost) now(answer);
    yield* parts(answer);
    if (answer.error) throw thrown(answer.error);
    if (answer.part) ask(verb, { ...(args as object), beyond: true });
  })();
}

function* pieces(bytes: Uint8Array = new Uint8Array(0)): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK) yield Buffer.from(bytes.subarray(at, at + CHUNK));
}

function now({ value = null, error, lost }: TapedAnswer): JsonValue {
  if (error) throw thrown(error);
  if (lost) throw new TokaError('TOKA_RUN_NOT_RECORDED', 'what the tool was answered is not on record');
  return structuredClone(value);
}

/** Tools recognise errors by their codes. */
function thrown({ code, message, hint, data }: TapedError): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code }, hint === undefined ? {} : { hint }, data === undefined ? {} : { data });
}

function queues(recorded: readonly TapedCall[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [at, { do: verb, args }] of recorded.entries()) {
    const key = keyOf(verb, args);
    const queue = found.get(key);
    if (queue) queue.push(at);
    else found.set(key, [at]);
  }
  return found;
}

function keyOf(verb: Verb, args: JsonValue): string {
  return `${verb} ${JSON.stringify(args)}`;
}
