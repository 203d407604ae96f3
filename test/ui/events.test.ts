import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type Ended, LAUNCHER, place, type Place, tool, until } from '../support/cli.ts';

interface Line {
  readonly schema: string;
  readonly position: number;
  readonly run: string;
  readonly seq: number;
  readonly time: string;
  readonly event: { readonly type: string; readonly principal?: string };
}

const WRITER = join(import.meta.dirname, '../journal/writer.ts');

function lines({ stdout }: Pick<Ended, 'stdout'>): Line[] {
  return stdout.trimEnd().split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** A run that reads a file, and one that is denied: four events and two. */
async function recorded(): Promise<Place> {
  const here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello') });
  await here.run(['run', 'file-reader', 'notes.txt']);
  await here.run(['run', 'file-writer', 'new.txt', '--content', 'two']);
  return here;
}

test('events are shown in the order in which they were recorded, a line each', async () => {
  using here = await recorded();
  const { code, stdout } = await here.run(['events', 'tail']);
  expect([code, stdout.match(/run\.\w+|approval\.\w+/g)]).toEqual([0, ['run.requested', 'run.started', 'run.output', 'run.finished', 'run.requested', 'run.finished']]);
});

test('with --json each line is one event with its place, its run and its hash', async () => {
  using here = await recorded();
  const found = lines(await here.run(['events', 'tail', '--json']));
  expect(found.map(({ position, seq }) => [position, seq])).toEqual([[1, 1], [2, 2], [3, 3], [4, 4], [5, 1], [6, 2]]);
  expect(found[0]).toMatchObject({ schema: 'toka/event-tail/v1', time: expect.stringMatching(/^20.*Z$/), hash: expect.stringMatching(/^[0-9a-f]{64}$/), event: { type: 'run.requested' } });
});

test('type, run, principal, count and time choose', async () => {
  using here = await recorded();
  const all = lines(await here.run(['events', 'tail', '--json']));
  const positions = async (...flags: string[]): Promise<number[]> => lines(await here.run(['events', 'tail', '--json', ...flags])).map(({ position }) => position);
  expect(await positions('--type', 'run.finished')).toEqual([4, 6]);
  expect(await positions('--type', 'run.finished', '--type', 'run.output')).toEqual([3, 4, 6]);
  expect(await positions('--run', all[4]?.run ?? '')).toEqual([5, 6]);
  expect(await positions('--principal', all[0]?.event.principal ?? '')).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await positions('--principal', 'nobody')).toEqual([]);
  expect(await positions('--limit', '2')).toEqual([5, 6]);
  expect(await positions('--limit', '1', '--type', 'run.requested')).toEqual([5]);
  expect(await positions('--since', '1h')).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await positions('--since', all[4]?.time ?? '')).toEqual([5, 6]);
  expect(await positions('--since', '1h', '--limit', '1')).toEqual([6]);
  expect(await positions('--since', '2100-01-01')).toEqual([]);
});

test('what cannot be meant is refused', async () => {
  using here = await recorded();
  const refused = async (...flags: string[]): Promise<unknown> => {
    const { error, exit } = await here.json(['events', 'tail', ...flags]);
    return [error?.code, exit];
  };
  expect(await refused('--since', 'yesterday')).toEqual(['TOKA_USAGE', 2]);
  expect(await refused('--since', '2026-02-31x')).toEqual(['TOKA_USAGE', 2]);
  expect(await refused('--limit', '0')).toEqual(['TOKA_USAGE', 2]);
  expect(await refused('--type', 'run.eaten')).toEqual(['TOKA_USAGE', 2]);
  expect(await refused('--run', 'ffffffff')).toEqual(['TOKA_RUN_UNKNOWN', 2]);
  expect(await refused('--run', '0')).toEqual(['TOKA_RUN_UNKNOWN', 2]);
});

test('where nothing is recorded nothing is shown, and nothing is made', async () => {
  using here = place();
  expect(await here.run(['events', 'tail'])).toMatchObject({ code: 0, stdout: '' });
  expect(() => here.read('.toka/state/journal.db')).toThrow(/ENOENT/);
});

test('an event that was taken out is no silent gap', async () => {
  using here = await recorded();
  const db = new DatabaseSync(join(here.project, '.toka/state/journal.db'));
  db.exec('DELETE FROM events WHERE position = 2');
  db.close();
  expect((await here.run(['events', 'tail'])).code).toBe(76);
});

test('while four processes write, it follows them all: no event is missed, none comes twice', async () => {
  using here = place();
  const followed = here.start(['events', 'tail', '-f', '--since', '1h', '--json']);
  await until(() => exists(here));
  const file = join(here.project, '.toka/state/journal.db');
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const writer = spawn(process.execPath, [WRITER, file, '40'], { stdio: 'ignore' });
      expect(await once(writer, 'exit')).toEqual([0, null]);
    }),
  );
  await followed.said('"position":800,');
  followed.child.kill('SIGINT');
  const ended = await followed.ended;
  expect([ended.code, ended.signal]).toEqual([130, null]);
  expect(lines(ended).map(({ position }) => position)).toEqual(Array.from({ length: 800 }, (_, at) => at + 1));
});

test('who begins to follow a long record is told how far behind it is', async () => {
  using here = await recorded();
  const writer = spawn(process.execPath, [WRITER, join(here.project, '.toka/state/journal.db'), '200'], { stdio: 'ignore' });
  await once(writer, 'exit');
  const followed = here.start(['events', 'tail', '-f', '--since', '1h', '--type', 'run.requested']);
  await followed.said('caught up');
  followed.child.kill('SIGTERM');
  const { code, stderr } = await followed.ended;
  expect([code, stderr]).toEqual([130, '506 events behind\ncaught up\n']);
});

test('it follows a journal that did not exist, and ends with success when its reader goes away', async () => {
  using here = place({ 'notes.txt': 'one\n' });
  const followed = here.start(['events', 'tail', '-f']);
  await until(() => exists(here));
  await here.run(['run', 'file-reader', 'notes.txt']);
  await followed.said('run.finished');
  followed.child.stdout?.destroy();
  await here.run(['run', 'file-reader', 'notes.txt']);
  expect(await followed.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
});

test('a record that cannot be written is followed all the same', async () => {
  using here = await recorded();
  const out = join(here.base, 'out');
  const script = `"$0" "$1" events tail -f > '${out}' & until grep -qs 'CAPABILITY_DENIED' '${out}'; do sleep 0.1; done; kill $!; wait $!`;
  const words = ['--dev-bind', '/', '/', '--ro-bind', here.project, here.project, 'bash', '-c', script, process.execPath, LAUNCHER];
  expect(here.spawn('bwrap', words)).toMatchObject({ status: 130, stderr: '' });
});

function exists(here: Place): boolean {
  try {
    return here.read('.toka/state/journal.db') !== '';
  } catch {
    return false;
  }
}
