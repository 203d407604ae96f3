import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { LogLevel, Progress } from './context.ts';
import { coded } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { CodeOrder } from './runtime.ts';

/** What the program of a sandbox runtime tells toka; docs/runtimes.md says what each line means. */
export type ProgramLine =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly id: number; readonly tool: string; readonly params: JsonObject }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly data: JsonValue }
  | { readonly type: 'failure'; readonly code: string; readonly message: string; readonly hint?: string };

const FROM_TOKA = 3;
const TO_TOKA = 4;
const PIECE = 64 * 1024;

/** Then toka closes its side of the channel as well. */
let hasEnded = false;

/**
 * Waits for the order of a program that is written for Node.js and calls no tools.
 *
 * The variables that come with it are those of this process from then on.
 *
 * @returns The order; undefined where toka has ended the run before it.
 * @example
 * send({ type: 'ready' });
 * const order = receiveOrder();
 * if (order) send({ type: 'result', data: order.source.length });
 */
export function receiveOrder(): CodeOrder | undefined {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(PIECE);
    const length = readSync(FROM_TOKA, piece);
    if (length === 0) return undefined;
    const end = piece.subarray(0, length).indexOf('\n');
    pieces.push(piece.subarray(0, end === -1 ? length : end));
    if (end !== -1) return taken(Buffer.concat(pieces).toString('utf8'));
  }
}

function taken(line: string): CodeOrder {
  const { env = {}, ...order } = JSON.parse(line) as CodeOrder & { readonly env?: Readonly<Record<string, string>> };
  Object.assign(process.env, env);
  return order;
}

/**
 * Tells when toka has cancelled the run, after its order was received. It keeps no process alive.
 *
 * @param cancelled Ends what the program has started, and the program.
 * @example
 * onCancelled(() => process.exit(130));
 */
export function onCancelled(cancelled: () => void): void {
  // A stream of files would keep a thread waiting for the next line, and the process with it.
  const end = (): void => {
    if (!hasEnded) cancelled();
  };
  new Socket({ fd: FROM_TOKA, readable: true, writable: false }).on('end', end).on('error', end).resume().unref();
}

/**
 * Tells toka something.
 *
 * @param line What is told.
 * @example
 * send({ type: 'failure', code: 'CODE_THREW', message: 'unreachable' });
 */
export function send(line: ProgramLine): void {
  hasEnded ||= line.type === 'result' || line.type === 'failure';
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(TO_TOKA, bytes, sent);
}

/**
 * Reads the result of code that writes it into a file.
 *
 * @param file Its path. No link is followed.
 * @param maxBytes `limits.maxValue` of the order.
 * @returns The result; null where the file is not there or empty.
 * @throws `CODE_RESULT_INVALID` for what is no strict JSON or holds a number that would be changed; `CODE_RESULT_TOO_LARGE`.
 * @example
 * send({ type: 'result', data: readResult('/tmp/result.json', order.limits.maxValue) });
 */
export function readResult(file: string, maxBytes: number): JsonValue {
  const text = contentOf(file, maxBytes);
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text, demandKept as (key: string, value: unknown) => unknown) as JsonValue;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw coded('CODE_RESULT_INVALID', `the result is no JSON: ${cause.message}`, { cause, hint: 'quote text: "done"' });
  }
}

function contentOf(file: string, maxBytes: number): string {
  let descriptor: number;
  try {
    // Whatever the code has put there: nothing is followed, and nothing waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw coded('CODE_RESULT_INVALID', `cannot read the result: ${(cause as Error).message}`, { cause });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw coded('CODE_RESULT_INVALID', 'expected the result in a file, found something else in its place');
    if (stat.size > maxBytes) {
      throw coded('CODE_RESULT_TOO_LARGE', `the result takes ${stat.size} bytes as JSON, of at most ${maxBytes}`, { hint: 'write it to a file in the folder $TOKA_ARTIFACTS' });
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function demandKept(_key: string, value: JsonValue, { source }: { readonly source?: string }): JsonValue {
  if (typeof value !== 'number' || source === undefined) return value;
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value) || !/^-?\d+$/.test(source))) return value;
  throw coded('CODE_RESULT_INVALID', `the result has the number ${source.slice(0, 40)}, which would be changed`, { hint: 'write it as text' });
}
