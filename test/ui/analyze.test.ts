import { createKeeper } from '../../src/journal/blobs.ts';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FINISHED, REQUESTED, STARTED } from '../journal/fixtures.ts';
import { place, type Place } from '../support/cli.ts';

interface Analysed {
  readonly schema: string;
  readonly runs: number;
  readonly analysers: readonly {
    readonly id: string;
    readonly plugin: string;
    readonly options: Readonly<Record<string, number>>;
    readonly findings: readonly { readonly kind: string; readonly severity: string; readonly measured: Readonly<Record<string, number>>; readonly from: string }[];
    readonly tooFew: readonly { readonly kind: string; readonly n: number }[];
    readonly error?: { readonly code: string };
  }[];
}

const nextId = createIds(systemClock, systemRandom);
const START = Date.UTC(2026, 0, 1);

/** Runs every five minutes, of which some fail. */
async function history(here: Place, count: number, hasFailed: (at: number) => boolean): Promise<void> {
  const journal = await openJournal(join(here.project, '.toka/state/journal.db'), { clock: systemClock, root: here.project });
  await journal.commit(async (commit) => {
    for (let at = 0; at < count; at++) {
      const time = START + at * 300_000;
      const outcome = hasFailed(at) ? { status: 'failed' as const, exitCode: 1, error: { code: 'TOKA_RUN_FAILED', message: `no file ${at}` } } : {};
      await commit.append(nextId(), [{ ...REQUESTED, params: createKeeper().json({ at }) }, STARTED, { ...FINISHED, ...outcome }], 0, new Map(), [time, time, time + 12]);
    }
  });
  await journal.close();
}

test('each analyser says what it has found, with what it measured', async () => {
  using here = place();
  await history(here, 120, (at) => at >= 60 && at < 70);
  const { schema, runs, analysers, exit } = await here.json<Analysed>(['events', 'analyze']);
  expect([schema, runs, exit, analysers.map(({ id, plugin }) => [id, plugin])]).toEqual(['toka/event-analysis/v1', 120, 0, ['anomalies', 'classify', 'relate'].map((id) => [id, '@toka/plugin-analysis'])]);
  const [anomalies, classify] = analysers;
  expect(anomalies).toMatchObject({ options: { alpha: 0.05, minimumRuns: 20, windowMinutes: 60 }, findings: [{ kind: 'failure-burst', severity: 'warning', measured: { observed: 10, n: 120 }, from: '2026-01-01T05:00:00.000Z' }] });
  expect(classify?.findings).toMatchObject([{ severity: 'info', measured: { observed: 10, n: 120 } }]);
  const { stdout } = await here.run(['events', 'analyze', '--analyser', 'anomalies']);
  expect(stdout).toMatch(/^120 runs\n\nANOMALIES\n  failure-burst  10 of 12 runs/);
  expect(stdout).toMatch(/over time \|[ .:=+*#@-]{24}\|/);
});

test('with --fail-on-findings a warning ends it with 1, and what is good to know does not', async () => {
  using here = place();
  await history(here, 120, (at) => at >= 60 && at < 70);
  const code = async (...flags: string[]): Promise<number | null> => (await here.run(['events', 'analyze', '--fail-on-findings', ...flags])).code;
  expect([await code(), await code('--analyser', 'classify'), await code('--option', 'anomalies.minimumRuns=1000')]).toEqual([1, 0, 0]);
});

test('time and tool choose the runs, and of too few it is said so', async () => {
  using here = place();
  await history(here, 60, (at) => at === 50);
  const analysed = async (...flags: string[]): Promise<Analysed> => here.json<Analysed>(['events', 'analyze', ...flags]);
  const late = await analysed('--since', new Date(START + 45 * 300_000).toISOString());
  expect([late.runs, late.analysers[0]?.tooFew]).toMatchObject([15, [{ kind: 'failure-burst', n: 15 }, { kind: 'duration', n: 14 }]]);
  expect((await analysed('--tool', 'files/other')).runs).toBe(0);
  expect((await analysed('--tool', 'files/file-reader')).runs).toBe(60);
  expect((await here.run(['events', 'analyze', '--since', '2026-01-01T04:00Z'])).stdout).toMatch(/too few to judge: failure-burst \(20 runs are needed\): files\/file-reader has 12/);
});

test('where nothing is recorded nothing is found, and nothing is made', async () => {
  using here = place();
  expect(await here.json<Analysed>(['events', 'analyze', '--fail-on-findings'])).toMatchObject({ runs: 0, exit: 0 });
  expect(() => here.read('.toka/state/journal.db')).toThrow(/ENOENT/);
});

test.each([
  [['--analyser', 'none'], 'TOKA_ANALYSER_UNKNOWN'],
  [['--option', 'anomalies.alpha'], 'TOKA_USAGE'],
  [['--option', 'anomalies.alpha=much'], 'TOKA_USAGE'],
  [['--option', 'anomalies.alpha=2'], 'TOKA_USAGE'],
  [['--option', 'anomalies.beta=1'], 'TOKA_USAGE'],
  [['--option', 'none.alpha=1'], 'TOKA_USAGE'],
  [['--analyser', 'classify', '--option', 'anomalies.alpha=0.1'], 'TOKA_USAGE'],
  [['--since', 'x'], 'TOKA_USAGE'],
])('%j is refused with %s', async (flags, code) => {
  using here = place();
  const { error, exit } = await here.json(['events', 'analyze', ...flags]);
  expect([error?.code, exit]).toEqual([code, 2]);
});
