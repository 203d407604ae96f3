import type { JsonValue } from '@toka/sdk';
import * as z from 'zod';
import { TokaError } from '../errors.ts';
import type { Kept } from './events.ts';

const count = z.int().min(0);
const Content = z.union([z.strictObject({ inline: z.string() }), z.strictObject({ blob: z.string().regex(/^[0-9a-f]{64}$/), bytes: count })]);
const Lost = z.enum(['secret', 'size', 'end']);
const Failure = z.strictObject({ code: z.string().optional(), message: z.string(), hint: z.string().optional(), data: z.json().optional() });
const Turn = z.strictObject({ place: z.int().min(1), asked: count });

const Place = z.strictObject({ path: z.string() });
const Entries = z.array(z.strictObject({ name: z.string(), path: z.string(), type: z.enum(['file', 'directory', 'symlink', 'other']) }));
const Info = z.strictObject({ type: z.enum(['file', 'directory', 'other']), size: z.number(), mtimeMs: z.number(), mode: z.number() });
const Process = z.strictObject({
  exitCode: z.int().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  stopped: z.string().optional(),
  truncated: z.boolean(),
  wallMs: z.number(),
});
const Called = z.strictObject({
  runId: z.string(),
  status: z.enum(['succeeded', 'failed', 'denied', 'cancelled', 'timed-out', 'killed']),
  data: z.json().optional(),
  output: z.string(),
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

/** A call of one kind, by what can be asked and answered. */
function call<V extends string, A extends z.ZodType, R extends z.ZodType>(verb: V, args: A, value: R) {
  return z.strictObject({
    do: z.literal(verb),
    args,
    content: Content.optional(),
    answer: z.strictObject({ value: value.optional(), content: Content.optional(), part: z.literal(true).optional(), error: Failure.optional(), lost: Lost.optional(), turn: Turn.optional() }),
  });
}

const RecordedCall = z.discriminatedUnion('do', [
  call('read', Place.extend({ start: z.number().optional(), length: z.number().optional(), maxBytes: z.number().optional() }), z.null()),
  call('stream', Place.extend({ start: z.number().optional(), end: z.number().optional() }), z.null()),
  call('stat', Place, Info.nullable()),
  call('list', Place, Entries),
  call(
    'walk',
    Place.extend({ gitignore: z.literal(false).optional(), hidden: z.literal(true).optional(), extensions: z.array(z.string()).optional(), directories: z.literal(true).optional(), depth: z.number().optional() }),
    Entries,
  ),
  call('can', Place.extend({ action: z.string() }), z.boolean()),
  call('write', Place.extend({ exclusive: z.literal(true).optional(), parents: z.literal(true).optional() }), z.null()),
  call('env', z.strictObject({ name: z.string() }), z.string().nullable()),
  call(
    'spawn',
    z.strictObject({
      argv: z.array(z.string()).min(1),
      cwd: z.string().optional(),
      timeoutMs: z.number().optional(),
      env: z.array(z.string()).optional(),
      capabilities: z.array(z.string()).optional(),
      input: z.literal(true).optional(),
    }),
    Process,
  ),
  call(
    'fetch',
    z.strictObject({ url: z.string(), method: z.string(), headers: z.array(z.string()).optional(), maxBytes: z.number().optional(), input: z.literal(true).optional() }),
    z.strictObject({ url: z.string(), status: z.int(), headers: z.record(z.string(), z.string()) }),
  ),
  call('call', z.strictObject({ tool: z.string(), params: z.record(z.string(), z.json()) }), Called),
  call('now', z.strictObject({}), z.number()),
  call('log', z.strictObject({ level: z.string(), message: z.string() }), z.null()),
  call('progress', z.json(), z.null()),
]);
const RecordedCalls = z.array(RecordedCall);
// The first records of this form held the contents as well.
const RecordedFiles = z.array(z.strictObject({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: count, content: Content.optional() }));

/** What a tool can ask of toka. */
export type Verb = z.infer<typeof RecordedCall>['do'];
/** Why an answer is not there: it bears or holds a secret, was too large, or had not come when the run ended. */
export type Lost = z.infer<typeof Lost>;

/** One call, as it is recorded: the form of `args` and of the answer's `value` follows from `do`. */
export interface RecordedCall {
  readonly do: Verb;
  readonly args: JsonValue;
  /** What is written, or a process's input. */
  readonly content?: Kept;
  readonly answer: {
    readonly value?: JsonValue;
    readonly content?: Kept;
    /** Of a stream: the tool did not ask for more. */
    readonly part?: true;
    /** After all that. */
    readonly error?: { readonly code?: string; readonly message: string; readonly hint?: string; readonly data?: JsonValue };
    readonly lost?: Lost;
    readonly turn?: z.infer<typeof Turn>;
  };
}

/** A file as it was. */
export interface RecordedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Whether a call, without its contents, can be read back once it is recorded. */
export function isReadable(value: unknown): boolean {
  return faultOf(RecordedCall, value) === undefined;
}

/** @throws TokaError TOKA_INTEGRITY */
export function parseCalls(value: unknown): RecordedCall[] {
  return checked(RecordedCalls, value, 'calls') as RecordedCall[];
}

/** @throws TokaError TOKA_INTEGRITY */
export function parseFiles(value: unknown): RecordedFile[] {
  return checked(RecordedFiles, value, 'files') as RecordedFile[];
}

/** The value itself, whose members stay in their order: by that questions are found again. */
function checked(schema: z.ZodType, value: unknown, what: string): unknown {
  const cause = faultOf(schema, value);
  if (cause === undefined) return value;
  throw new TokaError('TOKA_INTEGRITY', `expected a list of recorded ${what}, found something else`, { cause, hint: 'toka audit verify tells what is damaged' });
}

/** What is nested too deep to be looked at is none either. */
function faultOf(schema: z.ZodType, value: unknown): unknown {
  try {
    return schema.safeParse(value).error;
  } catch (thrown) {
    return thrown;
  }
}
