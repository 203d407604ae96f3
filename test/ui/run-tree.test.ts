import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { RunTree } from '../../src/journal/run-tree.ts';
import { place, type Place } from '../support/cli.ts';
import { record } from '../support/recorded.ts';
import { hasTmux, openPane } from '../support/terminal.ts';

const START = Date.parse('2026-01-31T12:00:00Z');

/** A check of ten seconds with two steps, the second of which had a helper that failed. */
async function recorded(): Promise<{ here: Place; ids: string[] }> {
  const here = place();
  const at = (...seconds: number[]): number[] => seconds.map((second) => START + second * 1000);
  const usage = (wallMs: number): { usage: { wallMs: number; outputBytes: number; cpuMs: { value: number; source: 'cgroup' }; maxRssBytes: { value: number; source: 'sampled' } } } => ({
    usage: { wallMs, outputBytes: 5, cpuMs: { value: wallMs / 2, source: 'cgroup' }, maxRssBytes: { value: 3 * 1024 ** 2, source: 'sampled' } },
  });
  const check = await record(here, { requested: { tool: 'project/check' }, times: at(0, 0, 1, 10), finished: { usage: { wallMs: 10_000, outputBytes: 5 } } });
  const lint = await record(here, { parent: check, requested: { tool: 'project/lint' }, times: at(0, 0, 1, 5), finished: usage(5000) });
  const unit = await record(here, { parent: check, requested: { tool: 'project/unit' }, times: at(5, 7.5, 8, 10), finished: usage(2500) });
  const helper = await record(here, { parent: unit, requested: { tool: 'project/helper' }, times: at(9, 9, 9, 10), finished: { ...usage(1000), status: 'failed', exitCode: 3 } });
  return { here, ids: [check, lint, unit, helper] };
}

test('a run is shown with all that it started, what was measured, and when', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  const { code, stdout } = await here.run(['runs', 'tree', ids[0] ?? '']);
  const width = ids[0]?.length ?? 0;
  const rows = stdout.trimEnd().split('\n');
  expect([code, rows[0], rows[1]]).toEqual([0, `RUN ${ids[0]}  2026-01-31 12:00:00  10.0 s`, '']);
  expect(rows.slice(2)).toEqual([
    `TOOL                STATUS     TOOK    CPU     MEMORY   OUTPUT  ${'RUN'.padEnd(width)}  0${'10.0 s'.padStart(39)}`,
    `project/check       succeeded  10.0 s                   5 B     ${ids[0]}  ${'#'.repeat(40)}`,
    `  project/lint      succeeded  5.0 s   2.5 s   3.0 MiB  5 B     ${ids[1]}  ${'#'.repeat(20)}`,
    `  project/unit      succeeded  2.5 s   1.3 s   3.0 MiB  5 B     ${ids[2]}  ${' '.repeat(20)}${'.'.repeat(10)}${'#'.repeat(10)}`,
    `    project/helper  failed     1.0 s   500 ms  3.0 MiB  5 B     ${ids[3]}  ${' '.repeat(36)}####`,
  ]);
});

test('with --json the tree holds the summary and the usage of each run', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  const { schema, run, tree } = await here.json<{ schema: string; run: string; tree: RunTree }>(['runs', 'tree', ids[0] ?? '']);
  expect([schema, run]).toEqual(['toka/run-tree/v1', ids[0]]);
  const idsOf = (node: RunTree): unknown[] => [node.run.id, ...node.children.map(idsOf)];
  expect(idsOf(tree)).toEqual([ids[0], [ids[1]], [ids[2], [ids[3]]]]);
  expect(tree.children[1]?.children[0]).toMatchObject({ run: { status: 'failed', exitCode: 3 }, usage: { cpuMs: { value: 500, source: 'cgroup' } } });
});

test('a part of a tree is a tree; runs show draws the same of what a run started', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  const part = (await here.run(['runs', 'tree', ids[2] ?? ''])).stdout;
  expect([part.includes('project/helper'), part.includes('project/lint')]).toEqual([true, false]);
  const shown = (await here.run(['runs', 'show', ids[2] ?? ''])).stdout;
  expect(shown).toContain(`project/helper  failed  1.0 s  500 ms  3.0 MiB  5 B     ${ids[3]}`);
});

test('what goes on has a bar up to now, what was interrupted none', async () => {
  using here = place();
  const hour = 3_600_000;
  const begun = Date.now() - hour;
  const above = await record(here, { requested: { tool: 'project/above' }, times: [begun, begun, begun], finished: null });
  await record(here, { parent: above, requested: { tool: 'project/gone', process: { pid: 1, boot: 'another' } }, times: [begun, begun, begun], finished: null });
  const { stdout } = await here.run(['runs', 'tree', above]);
  expect(stdout).toMatch(/project\/above +running +.* {2}#{40}$/m);
  expect(stdout).toMatch(/project\/gone +interrupted +.* {2}#$/m);
});

test('no run, and more than one, is refused', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  expect(await here.json(['runs', 'tree', 'ffffffff'])).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_UNKNOWN' } });
  const several = await here.json(['runs', 'tree', ids[0]?.slice(0, 4) ?? '']);
  expect(several).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_UNKNOWN', data: { candidates: ids } } });
});

test('a forged record in which a run descends from itself is not followed for ever', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  const db = new DatabaseSync(join(here.project, '.toka/state/journal.db'));
  db.exec(`INSERT INTO entries (key, value) VALUES ('child/${ids[3]}/${ids[2]}', x'');
    UPDATE entries SET value = CAST(replace(CAST(value AS TEXT), '${ids[0]}', '${ids[3]}') AS BLOB) WHERE key = 'run/${ids[2]}'`);
  db.close();
  expect((await here.run(['runs', 'tree', ids[2] ?? ''])).stdout.match(/project\/unit/g)).toHaveLength(1);
});

test.skipIf(!hasTmux)('on a terminal the bars take what room there is, in colours unless NO_COLOR says otherwise', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  {
    using pane = openPane(here);
    pane.toka(`runs tree ${ids[0]}`);
    const screen = await pane.shows('project/helper');
    expect(screen).toMatch(/├─ project\/lint .*█{20}/);
    expect(screen).toMatch(/└─ project\/unit .*░+█+$/m);
    expect(screen).toMatch(/ {3}└─ project\/helper/);
    // The line that was typed may be longer.
    const rows = screen.split('\n').filter((line) => line.includes('project/') && !line.includes('runs tree'));
    expect(Math.max(...rows.map((line) => line.trimEnd().length))).toBeLessThanOrEqual(180);
    expect(pane.coloured()).toBe(true);
  }
  using plain = openPane(here, { NO_COLOR: '1' });
  plain.toka(`runs tree ${ids[0]}`);
  await plain.shows('project/helper');
  expect(plain.coloured()).toBe(false);
});
