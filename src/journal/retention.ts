import type { Journal, RunFilter, RunSummary } from './contract.ts';
import { namedIn } from './named-blobs.ts';
import { bytesOf } from './prune.ts';

/** Which runs may go: of those that meet the filter all that are beyond one of the limits, or where none is given all of them. */
export interface PruneRules extends Pick<RunFilter, 'status' | 'tool'> {
  /** They ended longer ago, milliseconds. */
  readonly age?: number;
  /** There are so many newer ones. */
  readonly count?: number;
  /** They, and what is recorded of newer ones, are more bytes. */
  readonly size?: number;
}

export interface PlannedRun {
  readonly run: RunSummary;
  /** What its events take, and the blobs that no run names that is left. */
  readonly bytes: number;
}

export interface PrunePlan {
  /** Oldest first. */
  readonly runs: readonly PlannedRun[];
  /** How many more would go, had they ended, and all those that asked for them: who goes on with one of these needs their outcomes. */
  readonly held: number;
}

/** Runs that are read at once. */
const PAGE = 500;

/** Finds the runs that rules let go. */
export async function planByRules(journal: Journal, rules: PruneRules, now: number, withChildren: boolean): Promise<PrunePlan> {
  const chosen = new Map<string, RunSummary>();
  const exceeds = limitsOf(rules, journal, now);
  for await (const run of matching(journal, rules)) if (run.prunedAt === undefined && (await exceeds(run))) chosen.set(run.id, run);
  if (withChildren) await addChildren(journal, chosen);
  return planOf(journal, chosen);
}

/** The same for runs that are named. */
export async function planByName(journal: Journal, ids: readonly string[], withChildren: boolean): Promise<PrunePlan> {
  const chosen = new Map<string, RunSummary>();
  for (const id of ids) chosen.set(id, await journal.run(id));
  if (withChildren) await addChildren(journal, chosen);
  return planOf(journal, chosen);
}

async function* matching(journal: Journal, { status, tool }: PruneRules): AsyncGenerator<RunSummary, void, undefined> {
  const filter = { limit: PAGE, ...(status === undefined ? {} : { status }), ...(tool === undefined ? {} : { tool }) };
  for (let page: RunSummary[] | undefined; page === undefined || page.length === PAGE;) {
    const last = page?.at(-1)?.id;
    page = await journal.runs({ ...filter, ...(last === undefined ? {} : { before: last }) });
    yield* page;
  }
}

/** Is asked for runs newest first. */
function limitsOf({ age, count, size }: PruneRules, journal: Journal, now: number): (run: RunSummary) => Promise<boolean> {
  if (age === undefined && count === undefined && size === undefined) return async () => true;
  const counted = new Set<string>();
  let [runs, bytes] = [0, 0];
  return async (run) => {
    runs += 1;
    if (size !== undefined && bytes <= size) bytes += await weigh(journal, run, counted);
    return now - (run.finishedAt ?? run.requestedAt) > (age ?? Infinity) || runs > (count ?? Infinity) || bytes > (size ?? Infinity);
  };
}

/** What is recorded of a run, without blobs that were counted before. */
async function weigh(journal: Journal, { id }: RunSummary, counted: Set<string>): Promise<number> {
  const events = await journal.consult((log) => log.entries(id));
  const blobs = new Map(events.flatMap(namedIn).map(({ blob, bytes }) => [blob, bytes]));
  let sum = bytesOf(events);
  for (const [blob, bytes] of blobs) if (!counted.has(blob)) sum += bytes;
  for (const blob of blobs.keys()) counted.add(blob);
  return sum;
}

async function addChildren(journal: Journal, chosen: Map<string, RunSummary>): Promise<void> {
  // What is added meanwhile is gone through as well.
  for (const id of chosen.keys()) for (const child of await journal.children(id)) if (!chosen.has(child.id)) chosen.set(child.id, child);
}

async function planOf(journal: Journal, chosen: ReadonlyMap<string, RunSummary>): Promise<PrunePlan> {
  const left = [...chosen.values()].filter(({ prunedAt }) => prunedAt === undefined).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const runs = await journal.consult(async (log) => {
    const held = await log.heldOf(left.map(({ id }) => id));
    const free = left.filter(({ id }) => !held.has(id));
    const named = await log.blobsOf(free.map(({ id }) => id));
    const planned: PlannedRun[] = [];
    for (const run of free) {
      const blobs = named.drop(run.id).reduce((sum, { bytes }) => sum + bytes, 0);
      planned.push({ run, bytes: bytesOf(await log.entries(run.id)) + blobs });
    }
    return planned;
  });
  return { runs, held: left.length - runs.length };
}
