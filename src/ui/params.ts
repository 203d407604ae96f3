import { createReadStream } from 'node:fs';
import { TokaError } from '../errors.ts';
import { RESULT_SCHEMA } from '../pipeline/result.ts';

const MAX_BYTES = 16 * 1024 * 1024;

type Values = Readonly<Record<string, unknown>>;

/** What was given as parameters. */
export interface Given {
  readonly values: Values;
  /** The tool whose result it is, where it is one. */
  readonly from?: string;
}

/** The values of `readGiven`. */
export async function readParams(source: string, stdin: AsyncIterable<Uint8Array>): Promise<Values> {
  return (await readGiven(source, stdin)).values;
}

/**
 * Reads `--params FILE|-`: a JSON object, or the result of a run, whose `data` it then takes.
 *
 * @throws TokaError TOKA_PARAM_INVALID
 */
export async function readGiven(source: string, stdin: AsyncIterable<Uint8Array>): Promise<Given> {
  const place = source === '-' ? 'standard input' : source;
  const value = parse(await readAll(source === '-' ? stdin : createReadStream(source), place), place);
  if (!isObject(value)) throw notObject(place, value);
  const { schema, status } = value;
  if (typeof schema !== 'string' || !schema.startsWith('toka/run-result/')) return { values: value };
  if (schema !== RESULT_SCHEMA || typeof status !== 'string') {
    throw new TokaError('TOKA_PARAM_INVALID', `${place} should hold a whole ${RESULT_SCHEMA}, found ${schema === RESULT_SCHEMA ? 'one without a status' : JSON.stringify(schema)}`, {
      hint: 'pass on what toka run --json of this version prints, or its data alone',
    });
  }
  if (status !== 'succeeded') {
    throw new TokaError('TOKA_PARAM_INVALID', `${place} holds the result of a run that ended as ${status}`, {
      hint: 'look at its error, and run that tool again',
      data: { error: value['error'] },
    });
  }
  const { data } = value;
  if (!isObject(data)) throw notObject(`the data of the run result in ${place}`, data);
  return { values: data, from: typeof value['tool'] === 'string' ? value['tool'] : 'a run' };
}

async function readAll(chunks: AsyncIterable<Uint8Array>, place: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) throw new TokaError('TOKA_PARAM_INVALID', `${place} is larger than ${MAX_BYTES} bytes`);
      parts.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof TokaError) throw cause;
    throw new TokaError('TOKA_PARAM_INVALID', `cannot read the parameters from ${place}`, { cause, hint: 'check the path' });
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TokaError('TOKA_PARAM_INVALID', `${place} should hold JSON: ${why}`, { cause, hint: 'pass a JSON object of parameters' });
  }
}

function notObject(place: string, value: unknown): TokaError {
  const found = value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
  return new TokaError('TOKA_PARAM_INVALID', `${place} should hold a JSON object of parameters, found ${found}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
