import type { JsonValue } from '@toka/sdk';
import { structuredPatch } from 'diff';
import type { RunFinished, RunRequested, RunStarted, Usage } from './events.ts';

/** What is compared of a run. */
export interface RunFacts {
  readonly requested: Omit<RunRequested, 'params'> & { readonly params: JsonValue };
  readonly started: RunStarted | undefined;
  readonly finished: (Omit<RunFinished, 'data'> & { readonly data?: JsonValue }) | undefined;
  readonly status: string;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** A place where two runs differ: a value on either side (absent where there is none), or for output a patch. */
export interface RunDifference {
  /** `params.path`, `capabilities`, `stdout`, … */
  readonly field: string;
  readonly a?: JsonValue;
  readonly b?: JsonValue;
  /** Of text: hunks of a unified diff. Absent where it is not text, or too different to be compared line by line. */
  readonly patch?: string;
}

export interface RunComparison {
  /** Whether nothing differs but what was used. */
  readonly same: boolean;
  readonly differences: readonly RunDifference[];
  /** Figures that differ, which they always do: they say nothing about whether the runs are the same. */
  readonly usage: readonly RunDifference[];
}

/** Two texts with more edits than this have nothing in common that is worth showing. */
const EDITS = 2000;

/** Compares what was asked, granted, done and said in two runs. */
export function compareRuns(a: RunFacts, b: RunFacts): RunComparison {
  const differences = [
    ...compareValues('', stated(a), stated(b)),
    ...compareValues('params', a.requested.params, b.requested.params),
    ...compareSets('capabilities', a.started?.effective ?? [], b.started?.effective ?? []),
    ...compareSets('denied', a.finished?.denied?.map(({ capability }) => capability) ?? [], b.finished?.denied?.map(({ capability }) => capability) ?? []),
    ...compareOutput('stdout', a.stdout, b.stdout),
    ...compareOutput('stderr', a.stderr, b.stderr),
    ...compareValues('data', a.finished?.data, b.finished?.data),
  ];
  return { same: differences.length === 0, differences, usage: compareValues('usage', json(a.finished?.usage), json(b.finished?.usage)) };
}

/** The single facts, by the names under which a difference is told. */
function stated({ requested, started, finished, status }: RunFacts): JsonValue {
  const { model, tool, manifestHash, effect, principal, cwd } = requested;
  const { level, command } = started ?? {};
  const error = finished?.error && { code: finished.error.code, message: finished.error.message };
  return json({ model, tool, manifestHash, effect, principal, cwd, level, command, status, exitCode: finished?.exitCode, error }) ?? {};
}

/** Without members that are not there. */
function json(value: object | Usage | undefined): JsonValue | undefined {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as JsonValue);
}

/** The places where two values differ. */
export function compareValues(field: string, a: JsonValue | undefined, b: JsonValue | undefined): RunDifference[] {
  if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].flatMap((name) => compareValues(field === '' ? name : `${field}.${name}`, memberOf(a, name), memberOf(b, name)));
  }
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  return [{ field, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }];
}

function isBranch(value: JsonValue | undefined): value is Extract<JsonValue, object> {
  return typeof value === 'object' && value !== null;
}

function memberOf(value: Extract<JsonValue, object>, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, JsonValue>>)[name] : undefined;
}

function compareSets(field: string, a: readonly string[], b: readonly string[]): RunDifference[] {
  const [onlyA, onlyB] = [a.filter((one) => !b.includes(one)), b.filter((one) => !a.includes(one))];
  return [...onlyA.map((one): RunDifference => ({ field, a: one })), ...onlyB.map((one): RunDifference => ({ field, b: one }))];
}

/** Where two contents differ, line by line where they are text. */
export function compareOutput(field: string, a: Uint8Array, b: Uint8Array): RunDifference[] {
  if (Buffer.compare(a, b) === 0) return [];
  const sizes = { a: a.byteLength, b: b.byteLength };
  const [before, after] = [textOf(a), textOf(b)];
  const patch = before === undefined || after === undefined ? undefined : structuredPatch('a', 'b', before, after, undefined, undefined, { context: 2, maxEditLength: EDITS });
  if (!patch) return [{ field, ...sizes }];
  const hunks = patch.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@\n${lines.join('\n')}\n`);
  return [{ field, ...sizes, patch: hunks.join('') }];
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
