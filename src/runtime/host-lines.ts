import type { CallResult, JsonObject, JsonValue, LogLevel, ProcessResult, Progress, SpawnOptions } from '@toka/sdk';
import type { Completion } from './completion.ts';
import { isCount, isObject, isOptional, logOf, parseLine, progressOf } from './json-line.ts';

/** What the host process of a native tool writes, one JSON value a line. */
export type HostLine =
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'calls'; readonly calls: readonly unknown[]; readonly isFull: boolean }
  | { readonly type: 'call'; readonly id: number; readonly tool: string; readonly params: JsonObject }
  | {
      readonly type: 'spawn';
      readonly id: number;
      readonly argv: readonly [string, ...string[]];
      readonly options: Omit<SpawnOptions, 'onOutput'>;
      /** Whether its output is wanted as it comes. */
      readonly streams: boolean;
    }
  | ({ readonly type: 'done'; readonly data: JsonValue } & Pick<Completion, 'output' | 'textless' | 'failure'>)
  | { readonly type: 'failed'; readonly failure: NonNullable<Completion['failure']> };

/** What it reads, after its order. */
export type ToolLine =
  | { readonly type: 'answer'; readonly id: number; readonly result: CallResult | ProcessResult }
  | { readonly type: 'answer'; readonly id: number; readonly error: AskedError }
  | { readonly type: 'output'; readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** Why something that a tool asked was not done. */
export interface AskedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What a line says; the tool has the same descriptor and may write anything to it. Undefined where it is none of its host. */
export function readHostLine(text: string): HostLine | undefined {
  const value = parseLine(text);
  if (!isObject(value)) return undefined;
  switch (value['type']) {
    case 'log':
      return logOf(value);
    case 'progress':
      return progressOf(value);
    case 'calls':
      return callsOf(value);
    case 'call':
      return callOf(value);
    case 'spawn':
      return spawnOf(value);
    case 'done':
      return doneOf(value);
    case 'failed':
      return isFailure(value['failure']) ? { type: 'failed', failure: value['failure'] } : undefined;
    default:
      return undefined;
  }
}

function callsOf({ calls, isFull }: JsonObject): HostLine | undefined {
  return Array.isArray(calls) && typeof isFull === 'boolean' ? { type: 'calls', calls, isFull } : undefined;
}

function callOf({ id, tool, params }: JsonObject): HostLine | undefined {
  return isCount(id) && typeof tool === 'string' && isObject(params) ? { type: 'call', id, tool, params } : undefined;
}

function spawnOf({ id, argv, options, streams }: JsonObject): HostLine | undefined {
  if (!isCount(id) || !isTexts(argv) || !isWords(argv) || !isObject(options) || typeof streams !== 'boolean') return undefined;
  const { cwd, input, timeoutMs, env, capabilities } = options;
  if (!isOptional(cwd, 'string') || !isOptional(input, 'string') || !isOptional(timeoutMs, 'number')) return undefined;
  if (!(env === undefined || isVariables(env)) || !(capabilities === undefined || isTexts(capabilities))) return undefined;
  const given = {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(env === undefined ? {} : { env }),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
  return { type: 'spawn', id, argv, options: given, streams };
}

function doneOf({ output, textless, data, failure }: JsonObject): HostLine | undefined {
  if (typeof output !== 'string' || (textless !== undefined && textless !== true) || data === undefined || (failure !== undefined && !isFailure(failure))) return undefined;
  return { type: 'done', output, data, ...(textless ? { textless } : {}), ...(failure ? { failure } : {}) };
}

function isFailure(value: JsonValue | undefined): value is { code: string; message: string; hint?: string } {
  return isObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string' && isOptional(value['hint'], 'string');
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isWords(words: string[]): words is [string, ...string[]] {
  return words.length > 0;
}

function isVariables(value: JsonValue): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}
