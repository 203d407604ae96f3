import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { systemClock } from '../../src/journal/ids.ts';
import { type Place, place, tool } from '../support/cli.ts';

const LIMITED = join(import.meta.dirname, 'limited.ts');
const run = promisify(execFile);

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello', { effect: 'external' }) });
});
afterEach(() => here[Symbol.dispose]());

function userConfig(text: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), `apiVersion: toka/v1\n${text}`);
}

const read = ['run', 'file-reader', 'notes.txt'] as const;
const greet = ['run', 'greet', '--allow', 'proc:exec:bash'] as const;

async function recorded(): Promise<readonly string[]> {
  const journal = await openJournal(join(here.project, '.toka/state/journal.db'), { clock: systemClock, readOnly: true });
  try {
    expect(await journal.verify()).toMatchObject({ ok: true });
    return (await journal.runs({ limit: 1000 })).map(({ status, errorCode = 'ok' }) => `${status} ${errorCode}`);
  } finally {
    await journal.close();
  }
}

test.each([
  ['window', 'window: { runs: 10, per: 1h }'],
  ['bucket', 'bucket: { runs: 10, every: 1h }'],
])('eight processes at once start exactly as many runs as a %s allows', async (_, rate) => {
  userConfig(`limits: [{ ${rate} }]\n`);
  await here.run(read);
  const ended = await Promise.all(
    Array.from({ length: 8 }, async () => here.planted.searched(await run(process.execPath, [LIMITED, '6'], { cwd: here.project, env: here.env, encoding: 'utf8' }))),
  );
  const codes = ended.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(codes.filter((code) => code === 'ok')).toHaveLength(9);
  expect(codes.filter((code) => code === 'TOKA_RATE_LIMIT')).toHaveLength(39);
  expect((await recorded()).filter((line) => line === 'succeeded ok')).toHaveLength(10);
});

describe('a limit that is used up', () => {
  beforeEach(() => here.write({ 'toka.yaml': 'apiVersion: toka/v1\nlimits: [{ window: { runs: 1, per: 1h } }]\n' }));

  test('refuses with 75 and says when to try again; in a project that nobody trusts too', async () => {
    expect((await here.json(greet)).exit).toBe(0);
    const refused = await here.json(greet);
    expect(refused).toMatchObject({ exit: 75, status: 'failed', output: '', error: { code: 'TOKA_RATE_LIMIT' } });
    const { retryAfterMs } = refused.error?.data ?? {};
    expect(retryAfterMs).toBeGreaterThan(3_000_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test('is recorded, and nothing of the run has begun', async () => {
    await here.run(greet);
    const { runId } = await here.json(greet);
    const { events } = await here.json<{ events: readonly { event: { type: string } }[] }>(['runs', 'show', runId]);
    expect(events.map(({ event }) => event.type)).toEqual(['run.requested', 'run.finished']);
  });

  test('is not used up by what was denied, was not valid, or was only planned', async () => {
    await here.run(['run', 'greet']);
    await here.run(['run', 'file-reader', '--limit', 'many']);
    await here.run(['run', '--dry-run', ...greet.slice(1)]);
    expect((await here.json(greet)).exit).toBe(0);
  });

  test('is used up by a run that failed', async () => {
    await here.run(['run', 'file-reader', 'nowhere.txt']);
    expect((await here.json(read)).exit).toBe(75);
  });
});

test('the rules of a project do not widen those of the user', async () => {
  userConfig('limits: [{ window: { runs: 1, per: 1h } }]\n');
  here.write({ 'toka.yaml': 'apiVersion: toka/v1\nlimits: [{ window: { runs: 100, per: 1ms } }]\n' });
  await here.run(['trust']);
  expect([(await here.json(read)).exit, (await here.json(read)).exit]).toEqual([0, 75]);
});

test('runs that a run starts count as well', async () => {
  userConfig('limits: [{ window: { runs: 1, per: 1h }, tools: [command/*] }]\n');
  here.write({
    'package.json': JSON.stringify({ name: 'till', version: '1.0.0', scripts: { lint: 'true', test: 'true' } }),
    'package-lock.json': JSON.stringify({ name: 'till', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'till', version: '1.0.0' } } }),
  });
  const grants = ['proc:exec', 'fs:read:**', 'fs:write:**'].flatMap((each) => ['--allow', each]);
  await here.json(['run', 'build-validator', '.', '--steps', 'lint', '--steps', 'test', ...grants]);
  expect((await recorded()).filter((line) => line.endsWith('TOKA_RATE_LIMIT'))).toHaveLength(1);
});

test('a plan names the limits and the budget that the run falls under', async () => {
  userConfig('limits: [{ window: { runs: 7, per: 1h } }, { bucket: { runs: 1, every: 1s }, tools: [other] }]\n');
  const dryRun = ['run', '--dry-run', '--budget', 'calls=3,wall=90s', ...read.slice(1)];
  const { limits, budget } = await here.json(dryRun);
  expect({ limits, budget }).toEqual({
    limits: [{ kind: 'window', runs: 7, ms: 3_600_000, source: join(here.home, 'config/toka/config.yaml:2') }],
    budget: { calls: 3, wall: 90_000 },
  });
  expect((await here.run(dryRun)).stdout).toMatch(/7 in 1h .*config\.yaml:2\n.*3 runs .*\n.*90s of time/);
  expect((await here.run(['run', '--dry-run', ...read.slice(1)])).stdout).not.toContain('of time');
});
