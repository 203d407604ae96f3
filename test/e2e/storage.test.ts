import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createToka } from '../../src/toka.ts';
import { type Json, type Place, place, tool } from '../support/cli.ts';

let here: Place;

beforeEach(() => {
  here = place({ 'notes.txt': 'one\n', ...tool('probe', 'cat elsewhere/journal.db | head -c 6; echo done', { effect: 'external' }) });
});
afterEach(() => here[Symbol.dispose]());

async function recorded(...flags: string[]): Promise<string[]> {
  const { runs } = await here.json<Json & { runs: { id: string }[] }>(['runs', 'list', ...flags]);
  return runs.map(({ id }) => id);
}

function userConfig(text: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), `apiVersion: toka/v1\n${text}`);
}

describe('a run is recorded', () => {
  test.each([
    ['before', ['run', '--storage', 'sqlite:elsewhere', 'file-reader', 'notes.txt']],
    ['after', ['run', 'file-reader', 'notes.txt', '--storage', 'sqlite:elsewhere']],
  ])('where --storage says, which stands %s the name of the tool, and is found there alone', async (_, command) => {
    const { runId } = await here.json(command);
    expect(await recorded('--storage', 'sqlite:elsewhere')).toEqual([runId]);
    expect(await recorded()).toEqual([]);
    expect((await here.run(['audit', 'verify', '--storage', 'sqlite:elsewhere'])).code).toBe(0);
    expect(statSync(join(here.project, 'elsewhere')).mode & 0o777).toBe(0o700);
  });

  test('where the configuration of the user says', async () => {
    userConfig('storage: { backend: sqlite, location: ../../journals }\n');
    const { runId } = await here.json(['run', 'file-reader', 'notes.txt']);
    expect(await recorded()).toEqual([runId]);
    expect([existsSync(join(here.home, 'journals/journal.db')), existsSync(join(here.project, '.toka/state/journal.db'))]).toEqual([true, false]);
  });

  test('where the project says once it is trusted, and not before', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\nstorage: { backend: sqlite, location: elsewhere }\n' });
    const untrusted = await here.json(['run', 'file-reader', 'notes.txt']);
    await here.run(['trust']);
    const trusted = await here.json(['run', 'file-reader', 'notes.txt']);
    expect(await recorded()).toEqual([trusted.runId]);
    expect(await recorded('--storage', 'sqlite:.toka/state')).toEqual([untrusted.runId]);
  });

  test('in memory where a program that embeds toka says so', async () => {
    const toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' } });
    const { runId, status } = await toka.run(toka.request({ name: 'file-reader' }, { path: 'notes.txt' }));
    const journal = await toka.journal();
    expect([status, (await journal.verify()).ok, (await journal.runs({ limit: 9 })).map(({ id }) => id)]).toEqual(['succeeded', true, [runId]]);
    await toka.close();
    expect(existsSync(join(here.project, '.toka/state/journal.db'))).toBe(false);
  });
});

test('no run sees where runs are recorded', async () => {
  await here.run(['run', '--storage', 'sqlite:elsewhere', 'file-reader', 'notes.txt']);
  const { output } = await here.json(['run', '--storage', 'sqlite:elsewhere', 'probe', '--allow', 'proc:exec', '--allow', 'fs:read:**']);
  expect(output).toBe('done\n');
});

test.each([
  ['a backend that nobody brings', 'nowhere', 'TOKA_STORAGE_UNKNOWN', 69],
  ['a backend that forgets', 'memory', 'TOKA_USAGE', 2],
  ['what is no name', 'SQLite!', 'TOKA_USAGE', 2],
  ['the folder of the project', 'sqlite:.', 'TOKA_CONFIG_INVALID', 78],
  ['a folder above it', 'sqlite:..', 'TOKA_CONFIG_INVALID', 78],
  ['an address with a password', 'postgres://ann:secret@db.example/toka', 'TOKA_CONFIG_INVALID', 78],
])('%s is refused, and nothing runs', async (_, storage, code, exit) => {
  const ended = await here.json(['run', '--storage', storage, 'probe', '--allow', 'proc:exec', '--allow', 'fs:read:**']);
  expect([ended.error?.code, ended.exit, ended.output ?? '']).toEqual([code, exit, '']);
  expect(JSON.stringify(ended)).not.toContain('secret');
});
