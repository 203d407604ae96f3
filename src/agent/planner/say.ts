import type { JsonObject, JsonValue, ModelTool } from '@toka/sdk';
import type { Choice } from './choose.ts';
import type { Done } from './fill.ts';
import { parametersOf } from './parameters.ts';
import type { Progress } from './progress.ts';

const MOST_CHARACTERS = 4000;

/** What ran, and what came of it. */
export function report(done: readonly Done[]): string {
  return done.map(({ name, output, params }) => `${callText(name, params)}:\n${valueText(output)}`).join('\n\n');
}

export function failure(done: readonly Done[], clauses: readonly string[]): string {
  const failed = done.at(-1);
  const left = clauses.slice(done.length);
  return [
    ...(done.length > 1 ? [report(done.slice(0, -1))] : []),
    failed ? `${callText(failed.name, failed.params)} did not succeed:\n${valueText(failed.output)}` : '',
    ...(left.length === 0 ? [] : [`Not done: ${left.join('; ')}`]),
  ].join('\n\n');
}

/** Says that nothing was called, and what would make it sure. */
export function abstention(unsure: readonly Exclude<Choice, { readonly tool: ModelTool }>[]): string {
  const lines = unsure.map(({ clause, nearest, why }) => `"${shortened(clause, 200)}": ${why}.${nearest.length === 0 ? '' : ` Nearest: ${nearest.map(nearText).join('; ')}.`}`);
  const [example] = unsure.flatMap(({ nearest }) => nearest);
  return [
    'No language model answers here, only the planner of toka, which calls nothing that it is not sure of.',
    ...(lines.length === 0 ? ['There is no order in what was said.'] : lines),
    ...(example ? [`A tool is called for sure by its name, for instance: ${[example.name, ...parametersOf(example).flatMap(({ isRequired, name }) => (isRequired ? [`${name}=…`] : []))].join(' ')}`] : []),
  ].join('\n');
}

/** Of a whole conversation, for who goes on with it. */
export function summary({ before, done, orders }: Progress): string {
  const calls = [...before, ...done].map(({ isError, name, output, params }) => `- ${callText(name, params)}: ${isError ? 'did not succeed: ' : ''}${shortened(valueText(output), 300)}`);
  return [...(calls.length === 0 ? [] : [`What was called:\n${calls.join('\n')}`]), ...(orders.length === 0 ? [] : [`What was asked last:\n${shortened(orders.join('\n'), 1000)}`])].join('\n\n') || 'Nothing was done.';
}

function nearText({ description, name }: ModelTool): string {
  const [line = ''] = description.split('\n');
  return `${name} (${shortened(line, 100)})`;
}

function callText(name: string, params: JsonObject): string {
  return [name, ...Object.entries(params).map(([key, value]) => `${key}=${shortened(JSON.stringify(value), 80)}`)].join(' ');
}

function valueText(value: JsonValue): string {
  const text = textOf(value) ?? JSON.stringify(value, undefined, 2);
  return text === '' ? '(nothing was printed)' : shortened(text, MOST_CHARACTERS);
}

/** The text that a result is about: all of it, or what a tool that reads something has read. */
function textOf(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value.trimEnd();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const text = ['content', 'text', 'output'].map((name) => value[name]).find((each) => typeof each === 'string');
  return text?.trimEnd();
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}… (${text.length - length} more characters)`;
}
