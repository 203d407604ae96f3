import type { JsonObject, JsonValue, ModelMessage } from '@toka/sdk';
import { TOOL_SEARCH } from '../find/tool-search.ts';
import { isFramed, unframed } from '../labels/frame.ts';
import type { Done } from './fill.ts';
import type { Candidate } from './sure.ts';

/** The tool by which the person is asked. */
export const ASK_PERSON = 'ask_person';

/** How far the planner has come: it keeps nothing itself, all stands in the conversation. */
export interface Progress {
  /** What the person has said since the last order was done. */
  readonly orders: readonly string[];
  /** What was found, by what was searched for. */
  readonly searches: ReadonlyMap<string, readonly Candidate[]>;
  /** What the person has answered; undefined: they were not asked, or did not answer. */
  readonly answers: JsonObject | undefined;
  readonly wasAsked: boolean;
  /** What was called for these orders, in order. */
  readonly done: readonly Done[];
  /** What was called for earlier ones. */
  readonly before: readonly Done[];
  /** YYYY-MM-DD, where the instructions say it. */
  readonly today: string | undefined;
}

export function progressOf(messages: readonly ModelMessage[]): Progress {
  const system = messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n');
  const last = messages.findLastIndex(isAnswer);
  const now = messages.slice(last + 1);
  const calls = callsIn(now);
  const asked = calls.find(({ name }) => name === ASK_PERSON);
  return {
    // What a person says stands first in a message; what else comes with it is data, and no order.
    orders: now.flatMap(saidIn),
    searches: new Map(calls.filter(({ name }) => name === TOOL_SEARCH.name).map(({ isError, output, params }) => [textOf(params['query']), isError ? [] : candidatesIn(output)])),
    answers: asked && !asked.isError && isObject(asked.output) ? asked.output : undefined,
    wasAsked: asked !== undefined,
    done: calls.filter(isWork),
    before: callsIn(messages.slice(0, last + 1)).filter(isWork),
    today: /\bToday is (\d{4}-\d\d-\d\d)\b/.exec(system)?.[1],
  };
}

function saidIn(message: ModelMessage): string[] {
  const [said] = message.role === 'user' ? message.parts : [];
  return said?.type === 'text' && !isFramed(said.text) ? [said.text] : [];
}

/** What was said at the end of earlier orders. */
function isAnswer(message: ModelMessage): boolean {
  return message.role === 'assistant' && message.parts.every(({ type }) => type !== 'tool-call');
}

function callsIn(messages: readonly ModelMessage[]): Done[] {
  const results = new Map(messages.flatMap((message) => (message.role === 'tool' ? message.results.map((result) => [result.id, result] as const) : [])));
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.parts.filter((part) => part.type === 'tool-call') : []));
  return calls.map(({ id, name, params }) => {
    const { output = null, isError = false } = results.get(id) ?? {};
    return { name, params, output: valueIn(unframed(output)), isError };
  });
}

/** A result that others may have written comes as text. */
function valueIn(output: JsonValue): JsonValue {
  if (typeof output !== 'string' || !/^\s*[[{]/.test(output)) return output;
  try {
    return JSON.parse(output) as JsonValue;
  } catch {
    return output;
  }
}

function isWork({ name }: Done): boolean {
  return name !== TOOL_SEARCH.name && name !== ASK_PERSON;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function candidatesIn(output: JsonValue): Candidate[] {
  if (!Array.isArray(output)) return [];
  return output.flatMap((each) => (isObject(each) && typeof each['name'] === 'string' && typeof each['score'] === 'number' ? [{ name: each['name'], score: each['score'] }] : []));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
