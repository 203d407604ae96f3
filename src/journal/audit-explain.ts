import type { StorageReader } from '@toka/sdk';
import { parse } from './audit-run.ts';
import type { HexHasher } from './audit-tree.ts';
import { canonical, type Link } from './chain.ts';
import type { Finding } from './findings.ts';
import { parseSummary, runKey, textOf } from './keys.ts';
import { HASH_BYTES } from './merkle.ts';
import type { RunState } from './reducer.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An event as it stands there now, and the leaf that it gives, lower-case hex. */
export interface Recorded extends Link {
  readonly leaf: string;
}

/** A position whose event is gone, or is not the recorded one. */
export interface Suspect {
  readonly position: number;
  /** The leaf that was recorded; undefined where that is gone as well. */
  readonly logged: string | undefined;
  readonly row?: Recorded;
  readonly finding: Mutable<Finding>;
  /** Whether it is known which event of which run was recorded here. */
  isSettled: boolean;
}

/** So many events are compared with one another. */
const COMPARED = 100;

/** Nodes that are read at once. */
const PAGE = 1000;

/**
 * Says of changed events what was changed: what stands there is tried with what else is known of the run (its summary, its other events),
 * until it gives the leaf that was recorded.
 */
export async function explain(suspects: readonly Suspect[], edited: ReadonlySet<number>, reader: StorageReader, hash: HexHasher): Promise<void> {
  const changed = suspects.filter(({ finding, row }) => finding.why === 'changed' && row !== undefined).slice(0, COMPARED);
  if (changed.length === 0) return;
  const origins = await originsOf(new Set(changed.map(({ row }) => row?.leaf ?? '')), reader);
  for (const suspect of changed) {
    const { finding, row, position, logged } = suspect as Suspect & { readonly row: Recorded };
    if (edited.has(position)) Object.assign(finding, { why: 'log', field: 'nodes[0]' });
    else {
      const from = origins.get(row.leaf);
      const others = changed.flatMap((other) => (other.row && other !== suspect ? [{ ...other.row, position: other.position }] : []));
      const state = await stateOf(finding.run ?? row.run, reader);
      const found = from === undefined ? trials(row, finding, others, state).find(({ link }) => hash(`\0${canonical(link)}`) === logged) : { from };
      if (found?.from !== undefined) Object.assign(finding, { why: 'moved', from: found.from });
      if (found && 'field' in found && found.field !== undefined) finding.field = found.field;
    }
  }
}

/** Where leaves were recorded. */
async function originsOf(leaves: ReadonlySet<string>, reader: StorageReader): Promise<Map<string, number>> {
  const origins = new Map<string, number>();
  const { nodes: last } = await reader.ends();
  for (let from = 1; from <= last; from += PAGE) {
    const positions = Array.from({ length: Math.min(PAGE, last + 1 - from) }, (_, at) => from + at);
    for (const [at, nodes] of (await reader.nodes(positions)).entries()) {
      const leaf = nodes?.slice(0, 2 * HASH_BYTES) ?? '';
      if (leaves.has(leaf) && !origins.has(leaf)) origins.set(leaf, from + at);
    }
  }
  return origins;
}

interface Trial {
  readonly link: Link;
  readonly field?: string;
  readonly from?: number;
}

function trials(row: Recorded, { run = row.run, seq = row.seq }: Finding, others: readonly (Link & { readonly position: number })[], state: RunState | undefined): Trial[] {
  const placed = { ...row, run, seq };
  const times = [state?.requestedAt, state?.startedAt, state?.finishedAt].filter((time) => time !== undefined);
  return [
    { field: run === row.run ? 'seq' : 'run', link: placed },
    ...[...times, ...others.map(({ time }) => time)].map((time) => ({ field: 'time', link: { ...placed, time } })),
    ...others.flatMap(({ time, body, position }) => [
      { from: position, link: { ...placed, body } },
      { from: position, link: { ...placed, time, body } },
    ]),
    ...bodies(row.body, state).map(([field, body]) => ({ field, link: { ...placed, body } })),
  ];
}

/** The text with each field put back to what the summary of the run says. */
function bodies(body: string, state: RunState | undefined): [string, string][] {
  const event = parse(body);
  if (!event || !state) return [];
  const known: Readonly<Record<string, unknown>> =
    event.type === 'run.finished'
      ? {
          status: state.status,
          exitCode: state.exitCode,
          usage: { ...event.usage, wallMs: state.wallMs },
          ...(event.error && { error: { ...event.error, code: state.errorCode } }),
        }
      : { ...state };
  return Object.entries(known)
    .filter(([name]) => name in event)
    .map(([name, value]) => [name, JSON.stringify({ ...event, [name]: value })]);
}

async function stateOf(run: string, reader: StorageReader): Promise<RunState | undefined> {
  const value = await reader.get(runKey(run));
  return value && parseSummary(textOf(value))?.state;
}
