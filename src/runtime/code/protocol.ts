import type { CallResult, CodeOrder, JsonObject } from '@toka/sdk';
import type { ProgramLine } from '@toka/sdk/program';
import { isCount, isObject, isOptional, logOf, parseLine, progressOf } from '../json-line.ts';

/** The version of the protocol of runtimes that an order speaks. */
const VERSION = 1;

/**
 * The first line to a program.
 *
 * @param env Variables of this run alone, for a program that may have been started before it.
 */
export function orderLine({ runId, language, source, name, params, tools, requirements, limits }: CodeOrder, env: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({ type: 'order', version: VERSION, runId, language, source, name, params, tools, requirements, limits, env });
}

/** The line that answers a call. */
export function answerLine(id: number, { runId, status, data, output, error }: CallResult): string {
  return JSON.stringify({ type: 'answer', id, result: { runId, status, data, output, error } });
}

/** What a line says; undefined where it is none of the protocol. */
export function readProgramLine(text: string): ProgramLine | undefined {
  const value = parseLine(text);
  if (!isObject(value)) return undefined;
  switch (value['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'call':
      return callOf(value);
    case 'log':
      return logOf(value);
    case 'progress':
      return progressOf(value);
    case 'result':
      return value['data'] === undefined ? undefined : { type: 'result', data: value['data'] };
    case 'failure':
      return failureOf(value);
    default:
      return undefined;
  }
}

function callOf({ id, tool, params }: JsonObject): ProgramLine | undefined {
  if (!isCount(id) || typeof tool !== 'string' || !isObject(params)) return undefined;
  return { type: 'call', id, tool, params };
}

function failureOf({ code, message, hint }: JsonObject): ProgramLine | undefined {
  if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{0,63}$/.test(code) || typeof message !== 'string' || !isOptional(hint, 'string')) return undefined;
  return { type: 'failure', code, message, ...(hint === undefined ? {} : { hint }) };
}
