import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal } from '../../journal/contract.ts';
import { makeFolder } from '../../make-folder.ts';

/** Files are written, and turns recorded, by clocks that differ a little. */
const SLACK_MS = 50;

/** A file that turns have changed: what it was before the first of them. */
export interface Checkpoint {
  /** Absolute. */
  readonly path: string;
  /** Undefined where there was no file. */
  readonly before: Uint8Array | undefined;
  /** Whether it was changed after the last of the turns that did: by somebody else. */
  readonly isForeign: boolean;
}

/** What files were before some runs of an agent, oldest first, and all that these have started. */
export async function checkpointsOf(runs: readonly string[], journal: Journal): Promise<Checkpoint[]> {
  const found = new Map<string, { readonly blob: string | undefined; readonly endedMs: number }>();
  for (const run of runs) {
    for (const { path, blob, endedMs } of await keptBy(run, journal)) {
      const first = found.get(path);
      found.set(path, { blob: first ? first.blob : blob, endedMs: Math.max(first?.endedMs ?? 0, endedMs) });
    }
  }
  return Promise.all(
    [...found].map(async ([path, { blob, endedMs }]) => ({ path, before: blob === undefined ? undefined : await journal.blob(blob), isForeign: changedAfter(path, endedMs) })),
  );
}

/** Makes a file what it was; what is as it was already is left alone. */
export function restore({ path, before }: Checkpoint): void {
  if (before === undefined) return rmSync(path, { force: true });
  makeFolder(dirname(path));
  // A file that is there keeps its rights, and its place where it is a link.
  writeFileSync(path, before);
}

/** What is in the file now; undefined where there is none. */
export function contentNow(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Whether putting it back would change anything. */
export function differs({ path, before }: Checkpoint): boolean {
  const now = contentNow(path);
  return before === undefined ? now !== undefined : now === undefined || Buffer.compare(now, before) !== 0;
}

async function keptBy(run: string, journal: Journal): Promise<{ path: string; blob: string | undefined; endedMs: number }[]> {
  const events = await journal.read(run);
  const endedMs = events.at(-1)?.time ?? 0;
  const own = events.flatMap(({ event }) => (event.type === 'agent.kept' ? [{ path: event.path, blob: event.before?.blob, endedMs }] : []));
  const below = (await journal.children(run)).filter(({ model }) => model === 'agent');
  return [...own, ...(await Promise.all(below.map(async ({ id }) => keptBy(id, journal)))).flat()];
}

function changedAfter(path: string, endedMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs > endedMs + SLACK_MS;
}
