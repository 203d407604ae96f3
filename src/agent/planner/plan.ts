import type { JsonObject, JsonValue, ModelRequest, ModelTool } from '@toka/sdk';
import { effectOf } from '../find/definition.ts';
import { TOOL_SEARCH } from '../find/tool-search.ts';
import { choose, type Choice, ranked } from './choose.ts';
import { clausesOf } from './clauses.ts';
import { type Done, fill, type Filling, isPointing, type Missing } from './fill.ts';
import { valueOf } from './kinds.ts';
import { ASK_PERSON, type Progress, progressOf } from './progress.ts';
import { abstention, failure, report, summary } from './say.ts';

/** What the planner does next: calls, or what it says at the end, and whether it has done what was asked. */
export type Move = { readonly calls: readonly { readonly name: string; readonly params: JsonObject }[] } | { readonly text: string; readonly isDone: boolean };

const MOST_CLAUSES = 8;
const MOST_CHARACTERS = 4000;
const FOUND = 5;
/** What is part of the agent itself, and does nothing that a person would ask for. */
const OWN: ReadonlySet<string> = new Set([TOOL_SEARCH.name, ASK_PERSON, 'tasks', 'run_code', 'start_agent', 'wait_agent']);

/** The next move in a conversation: the same for the same conversation. All orders are understood before the first is carried out. */
export function nextMove({ messages, tools = [], toolChoice }: ModelRequest): Move {
  const progress = progressOf(messages);
  const { done, orders, searches } = progress;
  if (toolChoice === 'none') return { text: summary(progress), isDone: true };
  const clauses = orders.flatMap(clausesOf);
  if (clauses.length > MOST_CLAUSES || orders.join('').length > MOST_CHARACTERS) return { text: abstention([{ clause: orders.join(' '), why: 'it is too long for a planner', nearest: [] }]), isDone: false };
  if (done.at(-1)?.isError === true) return { text: failure(done, clauses), isDone: false };
  const left = clauses.slice(done.length);
  if (left.length === 0) return clauses.length === 0 ? { text: abstention([]), isDone: false } : { text: report(done), isDone: true };
  const callable = tools.filter(({ name }) => !OWN.has(name));
  const isDeferring = tools.some(({ name }) => name === TOOL_SEARCH.name);
  const unknown = isDeferring ? [...new Set(left.map(queryOf))].filter((query) => !searches.has(query)) : [];
  if (unknown.length > 0) return { calls: unknown.map((query) => ({ name: TOOL_SEARCH.name, params: { query, limit: FOUND } })) };
  const choices = left.map((clause) => choose(clause, isDeferring ? (searches.get(queryOf(clause)) ?? []) : ranked(clause, callable), callable));
  const unsure = choices.filter((choice) => 'why' in choice);
  return unsure.length > 0 ? { text: abstention(unsure), isDone: false } : callOrAsk(choices.filter((choice) => 'tool' in choice), progress);
}

function queryOf(clause: string): string {
  return clause.slice(0, 1000);
}

type Chosen = Extract<Choice, { readonly tool: ModelTool }>;

interface Prepared extends Filling {
  readonly tool: ModelTool;
  /** Which order it is, from 1. */
  readonly number: number;
}

function callOrAsk(choices: readonly Chosen[], progress: Progress): Move {
  const { answers, done, wasAsked } = progress;
  const prepared = choices.map((choice, at) => prepare(choice, done.length + at + 1, progress));
  const [odd] = prepared.filter(({ unused }) => unused.length > 0);
  if (odd) return { text: abstention([{ clause: choices[odd.number - done.length - 1]?.clause ?? '', why: `it is not sure what ${odd.unused.join(' and ')} is to ${odd.tool.name}`, nearest: [odd.tool] }]), isDone: false };
  // What a later order points at is known only then.
  const due = prepared.filter((each, at) => at === 0 || isFinal(each.tool) || !isPointing(choices[at]?.clause ?? ''));
  const missing = due.flatMap(({ missing: fields, number, tool }) => fields.map((field) => ({ ...field, number, tool })));
  if (missing.length > 0) {
    const named = missing.map(({ name, number, tool, ...field }) => ({ ...field, name: missing.filter((other) => other.name === name).length > 1 ? `${name}_${number}` : name, tool }));
    const what = [...new Set(named.map(({ tool }) => tool.name))].join(' and ');
    if (wasAsked && answers === undefined) return { text: `Nothing was called: ${what} cannot do without ${named.map(({ name }) => name).join(', ')}.`, isDone: false };
    if (!wasAsked) return { calls: [{ name: ASK_PERSON, params: { text: `What is ${what} to be given?`, fields: named.map(({ name, description, schema }) => ({ name, description, schema })) } }] };
    return { text: `Nothing was called: the answer gives ${what} no ${named.map(({ name }) => name).join(', ')} that it could use.`, isDone: false };
  }
  const [next] = prepared;
  return { calls: next ? [{ name: next.tool.name, params: next.params }] : [] };
}

function prepare({ clause, tool }: Chosen, number: number, { answers, before, done, today }: Progress): Prepared {
  const earlier: readonly Done[] = [...done.toReversed(), ...before.toReversed()];
  const { missing, params, unused } = fill(clause, tool, { earlier, isStrict: isFinal(tool), today });
  const answered = missing.flatMap((field) => {
    const value = answerTo(field, number, answers);
    return value === undefined ? [] : [[field.name, value] as const];
  });
  return { tool, number, unused, params: { ...params, ...Object.fromEntries(answered) }, missing: missing.filter(({ name }) => !answered.some(([each]) => each === name)) };
}

/** Whether what it does cannot be taken back: it is given only what was said for it. */
function isFinal(tool: ModelTool): boolean {
  const effect = effectOf(tool);
  return effect === 'external' || effect === 'privileged';
}

function answerTo({ name, schema }: Missing, number: number, answers: JsonObject = {}): JsonValue | undefined {
  const answer = answers[`${name}_${number}`] ?? answers[name];
  return typeof answer === 'string' ? valueOf(answer, schema) : answer;
}
