import type { JsonValue } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import type { Verb } from '../../journal/recorded.ts';
import { compareOutput, type RunDifference } from '../../journal/run-diff.ts';
import type { ReplayedCall } from '../../runtime/replay-context.ts';
import type { TapedCall } from '../../runtime/taped-call.ts';

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

/** What changes something, or has somebody else do it. */
const EFFECTS: readonly Verb[] = ['write', 'spawn', 'fetch', 'call'];

/**
 * Finds where the calls of a replay went another way.
 *
 * @param isStrict Whether the order of all calls counts, and what was logged; otherwise what was looked at does not count.
 */
export function divergenceOf(recorded: readonly TapedCall[], made: readonly ReplayedCall[], isStrict: boolean): Divergence | undefined {
  return madeOtherwise(recorded, made) ?? (isStrict ? outOfOrder(recorded, made) : undefined) ?? notMade(recorded, made);
}

/** The effects among calls that were really made, each with the call on record that it does once more. */
export function effectsAgain(recorded: readonly TapedCall[], made: readonly TapedCall[]): ReplayedCall[] {
  const open = new Set(recorded.keys());
  return made.flatMap((call): ReplayedCall[] => {
    if (!EFFECTS.includes(call.do)) return [];
    const of = [...open].find((at) => isSame(recorded[at], call));
    if (of !== undefined) open.delete(of);
    const { answer: _, ...asked } = call;
    return [{ ...asked, ...(of === undefined ? {} : { of }) }];
  });
}

/**
 * Makes sure that nothing was needed which is not kept: what the tool was told instead says nothing about it.
 *
 * @throws TokaError TOKA_RUN_NOT_RECORDED
 */
export function requireAnswered(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): void {
  requireNone(made.find(({ do: verb, of }) => verb !== 'env' && ['secret', 'size'].includes(recorded[of ?? -1]?.answer.lost ?? '')));
}

/**
 * Makes sure that what was written, and given to processes and servers, could be compared.
 *
 * @throws TokaError TOKA_RUN_NOT_RECORDED
 */
export function requireContents(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): void {
  requireNone(made.find((call) => (call.do === 'write' || hasInput(call)) && recorded[call.of ?? -1]?.content === undefined));
}

function requireNone(call: Said | undefined): void {
  if (!call) return;
  throw new TokaError('TOKA_RUN_NOT_RECORDED', `what has to be known is not on record: ${call.do} ${JSON.stringify(call.args).slice(0, 200)} bears a secret, or was too large`, {
    hint: 'such a run cannot be replayed; record one that does not need it',
    data: { do: call.do, args: call.args },
  });
}

function hasInput({ do: verb, args }: Said): boolean {
  return (verb === 'spawn' || verb === 'fetch') && (args as { input?: true }).input === true;
}

function madeOtherwise(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  for (const [at, call] of made.entries()) {
    const before = call.of === undefined ? undefined : recorded[call.of];
    if (before) {
      const [content] = before.content && call.content ? compareOutput('content', before.content, call.content) : [];
      if (content) return { call: (call.of ?? 0) + 1, recorded: said(before), now: said(call), content };
    } else if (call.do !== 'log' && call.do !== 'progress') {
      const nearest = nearestTo(call, recorded, made.slice(0, at));
      return { call: (nearest ?? at) + 1, ...pair(recorded[nearest ?? -1], call) };
    }
  }
  return undefined;
}

/** What it was most likely meant to be: the first of the same kind that was not asked, of the same file, program or tool if there is one. */
function nearestTo(call: Said, recorded: readonly TapedCall[], before: readonly ReplayedCall[]): number | undefined {
  const asked = new Set(before.map(({ of }) => of));
  const open = recorded.flatMap((each, at) => (each.do === call.do && !asked.has(at) ? [at] : []));
  return open.find((at) => subject(recorded[at]) === subject(call)) ?? open[0];
}

function subject(call: Said | undefined): string | undefined {
  const { path, tool, argv, name } = (call?.args ?? {}) as { path?: string; tool?: string; argv?: readonly string[]; name?: string };
  return path ?? tool ?? argv?.[0] ?? name;
}

function outOfOrder(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  for (let at = 0; at < Math.max(recorded.length, made.length); at++) {
    const [before, now] = [recorded[at], made[at]];
    if (!isSame(before, now)) return { call: at + 1, ...pair(before, now) };
  }
  return undefined;
}

function notMade(recorded: readonly TapedCall[], made: readonly ReplayedCall[]): Divergence | undefined {
  const asked = new Set(made.map(({ of }) => of));
  const at = recorded.findIndex((call, index) => EFFECTS.includes(call.do) && !asked.has(index));
  return at === -1 ? undefined : { call: at + 1, ...pair(recorded[at], undefined) };
}

function isSame(a: Said | undefined, b: Said | undefined): boolean {
  return a?.do === b?.do && JSON.stringify(a?.args) === JSON.stringify(b?.args);
}

function pair(recorded: Said | undefined, now: Said | undefined): Pick<Divergence, 'recorded' | 'now'> {
  return { ...(recorded ? { recorded: said(recorded) } : {}), ...(now ? { now: said(now) } : {}) };
}

function said({ do: verb, args }: Said): Said {
  return { do: verb, args };
}
