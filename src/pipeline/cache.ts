import { createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { toTokaError } from '../errors.ts';
import type { Journal } from '../journal/contract.ts';
import type { RunFinished } from '../journal/events.ts';
import type { Completion } from '../runtime/completion.ts';
import { readableState } from '../runtime/readable.ts';
import { printablePlan } from '../sandbox/plan.ts';
import { valueOf } from './answer.ts';
import { cacheEntry } from './cached.ts';
import type { House } from './house.ts';
import { secretsOf } from './mask.ts';
import { completionOf } from './recorded-completion.ts';
import { type Run, settled } from './run.ts';

/** Answers with an earlier run of the same inputs, or else carries it out; what may have changed while it was carried out is not kept. */
export async function answered(run: Run, house: House, carry: () => Promise<Run>): Promise<Run> {
  const key = isCacheable(run) ? await cacheKey(run, house) : undefined;
  if (key === undefined) return carry();
  const recalled = await recall(key, house);
  if (recalled) {
    tell(run, recalled.completion);
    return { ...run, completion: recalled.completion, cacheKey: key, cachedFrom: recalled.from };
  }
  const carried = await carry();
  return (await cacheKey(run, house)) === key ? { ...carried, cacheKey: key } : carried;
}

/** Whoever watches sees what is written as it comes; the result of a native tool is not among that. */
function tell(run: Run, { pieces }: Completion): void {
  const isNative = settled(run, 'tool').executable.type === 'native';
  for (const { stream, bytes } of pieces) if (!isNative || stream === 'stderr') run.request.onEvent?.({ type: 'output', run: run.id, stream, chunk: bytes });
}

function isCacheable(run: Run): boolean {
  const { isFresh, record, repeats, replays, resumes } = run.request;
  const isPlain = isFresh !== true && record !== true && repeats === undefined && !replays && !resumes;
  return isPlain && settled(run, 'tool').cache === true && secretsOf(run).length === 0;
}

/**
 * What decides on a result, as one text: the tool and its code, its parameters, each file and variable that it may read, and all that its
 * process is given. It is signed with a secret of the user's, so that a record that somebody else wrote, in a folder that was cloned, answers
 * nothing.
 *
 * @returns Undefined where not all of that can be known.
 */
async function cacheKey(run: Run, house: House): Promise<string | undefined> {
  const { effective } = settled(run, 'decision');
  const files = await readableState(effective, house.hidden, run.request.signal);
  if (!files) return undefined;
  const variables = Object.entries(house.env)
    .filter(([name, value]) => value !== undefined && effective.allows('env', 'read', name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const said = {
    tool: settled(run, 'tool').qualified,
    manifest: run.manifestHash,
    toka: house.version,
    params: settled(run, 'params'),
    cwd: run.request.cwd,
    rights: effective.print(),
    files,
    variables,
    plan: run.plan && { ...printablePlan({ ...run.plan, limits: { ...run.plan.limits, timeoutMs: 0 } }), program: programStamp(run.plan.argv[0]) },
    input: run.input,
  };
  return createHmac('sha256', house.cacheSecret()).update(JSON.stringify(said)).digest('hex');
}

/** Another version of an interpreter is another program. */
function programStamp(program: string): readonly number[] {
  const found = isAbsolute(program) ? statSync(program, { throwIfNoEntry: false }) : undefined;
  return found ? [found.size, found.mtimeMs, found.ino] : [];
}

/** What an earlier run came to, for a later one. */
interface Recalled {
  readonly from: string;
  readonly completion: Completion;
}

/** Looks for a run of that key that succeeded; one that was pruned, or cannot be read, is none. */
async function recall(key: string, house: House): Promise<Recalled | undefined> {
  const journal = await house.journal();
  const from = await journal.commit(async ({ ledger }) => ledger.get(cacheEntry(key)), { durable: false });
  if (from === undefined) return undefined;
  try {
    return await completionFrom(from, journal);
  } catch (error) {
    if (['TOKA_RUN_PRUNED', 'TOKA_RUN_UNKNOWN', 'TOKA_INTEGRITY'].includes(toTokaError(error).code)) return undefined;
    throw error;
  }
}

async function completionFrom(from: string, journal: Journal): Promise<Recalled | undefined> {
  const events = await journal.read(from);
  const finished = events.map(({ event }) => event).find((event): event is RunFinished => event.type === 'run.finished');
  if (finished?.status !== 'succeeded') return undefined;
  const data: JsonValue | undefined = finished.data && (await valueOf(finished.data, journal));
  return { from, completion: { ...(await completionOf(events, journal)), ...(data === undefined ? {} : { data }) } };
}
