import type { StorageReader } from '@toka/sdk';
import { parseSummary, runKey, textOf } from './keys.ts';
import { isOver, type RunState } from './reducer.ts';

/** What was found out about runs before. */
export type Known = Map<string, boolean>;

/**
 * Whether a run, or one of those above it, may still go on: who resumes one answers its calls from the record of those that it made. A run that
 * changes nothing has no record before its end, and cannot be resumed; in a forged record a run may stand above itself.
 */
export async function isHeld(reader: Pick<StorageReader, 'get'>, run: string, known: Known): Promise<boolean> {
  const path = new Set<string>();
  let held = false;
  for (let at: string | undefined = run; at !== undefined && !path.has(at) && !held;) {
    const found = known.get(at);
    const state: RunState | undefined = found === undefined ? await stateOf(reader, at) : undefined;
    held = found ?? (state !== undefined && !isOver(state));
    path.add(at);
    at = state?.parent;
  }
  for (const id of path) known.set(id, held);
  return held;
}

async function stateOf(reader: Pick<StorageReader, 'get'>, run: string): Promise<RunState | undefined> {
  const value = await reader.get(runKey(run));
  return value && parseSummary(textOf(value))?.state;
}
