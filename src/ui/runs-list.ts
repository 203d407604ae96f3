import { TokaError } from '../errors.ts';
import type { RunFilter, RunSummary } from '../journal/contract.ts';
import type { Door } from './door.ts';
import { paint, table, terminal, type Terminal } from './text.ts';

export const RUN_STATUSES: readonly string[] = ['running', 'succeeded', 'failed', 'denied', 'cancelled', 'timed-out', 'killed', 'interrupted'];

export interface RunListFlags {
  readonly limit?: string | undefined;
  readonly status?: string | undefined;
  readonly tool?: string | undefined;
  readonly principal?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `toka runs list`: the runs recorded here, newest first. */
export async function listRuns({ limit = '20', json, ...flags }: RunListFlags, door: Door): Promise<number> {
  const filter = { ...checkRunFilter({ limit, ...flags }, 'toka runs list'), ...(await timesOf(flags)) };
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const runs = await journal.runs(filter);
    if (json === true) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-list/v1', runs })}\n`);
    else door.stdout.write(runTable(runs, runs.length === 0 && (await journal.runs({ limit: 1 })).length > 0, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    await toka.close();
  }
}

/** Checks the flags that choose runs. */
export function checkRunFilter({ limit = '', status, tool, principal }: Omit<RunListFlags, 'json'>, command: string): RunFilter {
  const usage = (flag: string, expected: string, found: string): TokaError =>
    new TokaError('TOKA_USAGE', `--${flag} takes ${expected}, found "${found}"`, { hint: `${command} --help shows its flags` });
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw usage('limit', 'a whole number from 1 to 999999', limit);
  if (status !== undefined && !RUN_STATUSES.includes(status)) throw usage('status', `one of ${RUN_STATUSES.join(', ')}`, status);
  return {
    limit: Number(limit),
    ...(status === undefined ? {} : { status: status as RunSummary['status'] }),
    ...(tool === undefined ? {} : { tool }),
    ...(principal === undefined ? {} : { principal }),
  };
}

/** Most lists are of no time in particular: what reads one is loaded on first use. */
async function timesOf({ since, until }: Pick<RunListFlags, 'since' | 'until'>): Promise<Pick<RunFilter, 'from' | 'to'>> {
  if (since === undefined && until === undefined) return {};
  const { parseSince } = await import('./since.ts');
  const now = Date.now();
  return { ...(since === undefined ? {} : { from: parseSince(since, now) }), ...(until === undefined ? {} : { to: parseSince(until, now, 'until') }) };
}

function runTable(runs: readonly RunSummary[], hasOthers: boolean, view: Terminal): string {
  const rows = runs.map((run) => [run.id, run.prunedAt === undefined ? run.status : `${run.status}, pruned`, run.tool ?? '', when(run.requestedAt), duration(run)]);
  const text = table(['RUN', 'STATUS', 'TOOL', 'STARTED', 'TOOK'], rows, view);
  const hint = runs.some(({ status }) => status === 'interrupted') ? paint(view, 'dim', 'interrupted: toka runs resume RUN goes on with one\n') : '';
  if (hint !== '') return text + hint;
  return runs.length === 0 ? `${text}${paint(view, 'dim', hasOthers ? 'no run is as the flags say' : 'no runs yet: toka run NAME makes one')}\n` : text;
}

export function when(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}

export function duration({ wallMs }: { readonly wallMs?: number | undefined }): string {
  if (wallMs === undefined) return '';
  return wallMs < 1000 ? `${Math.round(wallMs)} ms` : `${(wallMs / 1000).toFixed(1)} s`;
}
