import type { JsonValue } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import type { Verb } from '../journal/recorded.ts';
import { compareOutput, compareValues, type RunDifference } from '../journal/run-diff.ts';
import type { ReplayedCall } from '../runtime/replay-context.ts';
import type { TapedCall } from '../runtime/taped-call.ts';

/** What a tool asked. */
export interface Said {
  readonly do: Verb;
  readonly args: JsonValue;
}

/** The first call by which a replay went another way. */
export interface Divergence {
  /** Counts the calls from 1: those on record, or where it is not one of them those that were made. */
  readonly call: number;
  /** What is on record there; absent where there is nothing. */
  readonly recorded?: Said;
  /** What was asked instead; absent where it was not asked. */
  readonly now?: Said;
  /** Of what was written, or given to a process: how it differs. */
  readonly content?: RunDifference;
}

/** How a run ended, as it is compared. */
export interface Ending {
  readonly status: string;
  readonly exitCode: number | null;
  readonly error?: { readonly code: string; readonly message: string };
  /** Of a process: the words after its program and script. */
  readonly words?: readonly string[];
  readonly data?: JsonValue;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly toolDigest?: string;
  readonly toka?: string;
}

/** What changes something, or has somebody else do it. */
const EFFECTS: readonly Verb[] = ['write', 'spawn', 'call'];

/**
 * Finds where the calls of a replay went another way.
 *
 * @param isStrict Whether the order of all calls counts, and what was logged; otherwise what was looked at does not count.
 * @throws TokaError TOKA_RUN_NOT_RECORDED where it was answered with what is not on record
 */
export function divergenceOf(recorded: readonly TapedCall[], made: readonly ReplayedCall[], isStrict: boolean): Divergence | undefined {
  const found = madeOtherwise(recorded, made) ?? (isStrict ? outOfOrder(recorded, made) : undefined) ?? notMade(recorded, made);
  if (found) return found;
  const unknown = made.find(({ of }) => isUnknown(recorded[of ?? -1]));
  if (!unknown) return undefined;
  throw new TokaError('TOKA_RUN_NOT_RECORDED', `what the tool was answered is not on record: ${unknown.do} ${JSON.stringify(unknown.args)} bears a secret or was too large`, {
    hint: 'such a run cannot be replayed; record one that reads something else',
    data: { do: unknown.do, args: unknown.args },
  });
}

function isUnknown(call: TapedCall | undefined): boolean {
  if (!call) return false;
  const isContentGone = call.content === undefined && (call.do === 'write' || hasInput(call));
  return isContentGone || (call.do !== 'env' && (call.answer.lost === 'secret' || call.answer.lost === 'size'));
}

function hasInput({ do: verb, args }: Said): boolean {
  return verb === 'spawn' && (args as { input?: true }).input === true;
}

function madeOtherwise(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  for (const [at, call] of made.entries()) {
    const before = call.of === undefined ? undefined : recorded[call.of];
    if (!before) {
      if (call.do === 'log' || call.do === 'progress') continue;
      const nearest = nearestTo(call, recorded, made.slice(0, at));
      return { call: nearest === undefined ? at + 1 : nearest + 1, ...(nearest === undefined ? {} : { recorded: said(recorded[nearest]!) }), now: said(call) };
    }
    const [content] = before.content && call.content ? compareOutput('content', before.content, call.content) : [];
    if (content) return { call: (call.of ?? 0) + 1, recorded: said(before), now: said(call), content };
  }
  return undefined;
}

/** What it was most likely meant to be: the first of the same kind that was not asked, of the same file, program or tool if there is one. */
function nearestTo(call: Said, recorded: readonly TapedCall[], before: readonly ReplayedCall[]): number | undefined {
  const asked = new Set(before.map(({ of }) => of));
  const open = recorded.flatMap((each, at) => (each.do === call.do && !asked.has(at) ? [at] : []));
  return open.find((at) => subject(recorded[at]!) === subject(call)) ?? open[0];
}

function subject({ args }: Said): string {
  const { path, tool, argv, name } = args as { path?: string; tool?: string; argv?: readonly string[]; name?: string };
  return path ?? tool ?? argv?.[0] ?? name ?? '';
}

function outOfOrder(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  for (let at = 0; at < Math.max(recorded.length, made.length); at++) {
    const [before, now] = [recorded[at], made[at]];
    if (before && now && before.do === now.do && JSON.stringify(before.args) === JSON.stringify(now.args)) continue;
    return { call: at + 1, ...(before ? { recorded: said(before) } : {}), ...(now ? { now: said(now) } : {}) };
  }
  return undefined;
}

function notMade(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  const asked = new Set(made.map(({ of }) => of));
  const at = recorded.findIndex((call, index) => EFFECTS.includes(call.do) && !asked.has(index));
  return at === -1 ? undefined : { call: at + 1, recorded: said(recorded[at]!) };
}

function said({ do: verb, args }: Said): Said {
  return { do: verb, args };
}

/** Where a run ended otherwise. Whether it was strict decides about what is no answer: the tool's version, its messages, its standard error. */
export function endingDifferences(before: Ending, now: Ending, { isStrict, isNative }: { readonly isStrict: boolean; readonly isNative: boolean }): RunDifference[] {
  const compared = ({ status, exitCode, error, words, toolDigest, toka }: Ending): JsonValue =>
    JSON.parse(
      JSON.stringify({
        ...(isStrict ? { toolDigest, toka } : {}),
        words,
        status,
        exitCode,
        error: error && { code: error.code, ...(isNative || isStrict ? { message: error.message } : {}) },
      }),
    ) as JsonValue;
  return [
    ...compareValues('', compared(before), compared(now)),
    ...compareOutput('stdout', before.stdout, now.stdout),
    ...(isStrict ? compareOutput('stderr', before.stderr, now.stderr) : []),
    ...compareValues('data', before.data, now.data),
  ];
}
