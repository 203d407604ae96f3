import { coded, type CallableTool, type CallResult, type JsonObject, type JsonValue } from '@toka/sdk';
import { pointerKeys } from '../../manifest/json-pointer.ts';

/** Bytes of JSON up to which an answer is handed to code as it is. */
const HANDED = 256 * 1024;

/** Bytes of all that stays outside. */
const MOST = 64 * 1024 * 1024;

/** Characters of what a handle shows of its value. */
const PREVIEW = 500;

const NAME = 'toka/handle';

/** By which code reads what stayed outside. */
export const HANDLE_TOOL: CallableTool = {
  alias: 'read_handle',
  name: NAME,
  summary: 'Read a part of an answer that was too large to be handed over: at a JSON Pointer, of a list or text from start to before end',
  params: {
    type: 'object',
    properties: {
      handle: { type: 'string', description: 'The handle that was answered with' },
      pointer: { type: 'string', description: 'Where in it, by JSON Pointer (RFC 6901)' },
      start: { type: 'integer', minimum: 0 },
      end: { type: 'integer', minimum: 0 },
    },
    required: ['handle'],
    additionalProperties: false,
  },
};

/** Answers too large for code, which stay with toka: code gets a handle, can read parts of it, and can hand it on to other tools as it is. */
export class Handles {
  readonly #values = new Map<string, JsonValue>();
  #bytes = 0;

  /** The answer, or one with a handle in place of its data. */
  held(result: CallResult): CallResult {
    const value = result.data ?? result.output;
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes <= HANDED) return result;
    if (this.#bytes + bytes > MOST) throw coded('CODE_ANSWERS_TOO_LARGE', `expected at most ${MOST} bytes in all answers that stay outside, found ${this.#bytes + bytes}`);
    const handle = `h${this.#values.size + 1}`;
    this.#values.set(handle, value);
    this.#bytes += bytes;
    return { ...result, output: '', data: { handle, bytes, ...shapeOf(value), preview: JSON.stringify(value).slice(0, PREVIEW) } };
  }

  /** The same with what handles stand for: `{ handle, pointer? }`, and with it whatever a handle came with. */
  resolve(value: JsonValue): JsonValue {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (typeof value !== 'object' || value === null) return value;
    const { handle, pointer } = value;
    if (typeof handle === 'string' && this.#values.has(handle)) return at(this.#value(handle), typeof pointer === 'string' ? pointer : '');
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.resolve(each)]));
  }

  /** Whether a call is for what stayed outside. */
  isFor(tool: string): boolean {
    return tool === NAME;
  }

  /** @throws CODE_HANDLE_UNKNOWN, CODE_HANDLE_INVALID */
  read(run: string, { handle, pointer = '', start = 0, end }: JsonObject): CallResult {
    if (typeof handle !== 'string' || typeof pointer !== 'string' || !isCount(start) || (end !== undefined && !isCount(end))) {
      throw coded('CODE_HANDLE_INVALID', 'expected { handle, pointer?, start?, end? }, found something else');
    }
    const value = at(this.#value(handle), pointer);
    const part = Array.isArray(value) || typeof value === 'string' ? value.slice(start, end) : value;
    const bytes = Buffer.byteLength(JSON.stringify(part));
    if (bytes > HANDED) throw coded('CODE_HANDLE_INVALID', `that part takes ${bytes} bytes, of which at most ${HANDED} are handed over`, { hint: 'read less of it: pass pointer, or start and end' });
    return { runId: run, status: 'succeeded', output: '', data: part };
  }

  #value(handle: string): JsonValue {
    const value = this.#values.get(handle);
    if (value === undefined) throw coded('CODE_HANDLE_UNKNOWN', `there is no handle ${JSON.stringify(handle.slice(0, 40))}`, { hint: `there are ${[...this.#values.keys()].join(', ') || 'none'}` });
    return value;
  }
}

function isCount(value: JsonValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shapeOf(value: JsonValue): JsonObject {
  if (Array.isArray(value)) return { kind: 'array', length: value.length };
  if (typeof value === 'string') return { kind: 'string', length: value.length };
  return { kind: 'object', keys: Object.keys(value as JsonObject).slice(0, 50) };
}

function at(value: JsonValue, pointer: string): JsonValue {
  if (pointer === '') return value;
  if (!pointer.startsWith('/')) throw coded('CODE_HANDLE_INVALID', `expected a JSON Pointer, found ${JSON.stringify(pointer.slice(0, 80))}`);
  return pointerKeys(pointer).reduce((found: JsonValue, key) => {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) throw coded('CODE_HANDLE_INVALID', `${pointer.slice(0, 200)} leads to nothing`);
    return (found as Readonly<Record<string, JsonValue>>)[key] as JsonValue;
  }, value);
}
