import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, programs } from '../../plugins/postgres/test/support/cluster.ts';
import { type Json, type Place, place, tool } from '../support/cli.ts';

interface Copied extends Json {
  readonly events: number;
  readonly runs: number;
  readonly root: string;
  readonly states: string;
  readonly digest: string;
}

describe.skipIf(programs === undefined)('a journal that is copied from SQLite to PostgreSQL, to LMDB and back', () => {
  let here: Place;
  let cluster: Cluster;
  let stations: readonly string[];
  const copies: Copied[] = [];

  beforeAll(async () => {
    cluster = await Cluster.make();
    here = place({ 'note.txt': 'kept\n', 'large.txt': 'x'.repeat(100_000), ...tool('broken', 'echo no; exit 3') });
    for (const words of ['file-reader note.txt', 'file-reader large.txt', 'broken', 'broken --allow proc:exec:bash', 'file-reader missing.txt']) await here.run(['run', ...words.split(' ')]);
    stations = ['sqlite', cluster.location({ schema: 'copied' }), 'lmdb:copied', 'sqlite:back'];
    for (const [at, to] of stations.slice(1).entries()) copies.push(await here.json<Copied>(['storage', 'copy', stations[at] ?? '', to]));
  });
  afterAll(async () => {
    here[Symbol.dispose]();
    await cluster.remove();
  });

  test('holds the same events, states of runs and entries everywhere', () => {
    expect(copies.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    const [first] = copies;
    expect(first).toMatchObject({ runs: 5, states: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
    for (const { events, runs, root, states, digest } of copies) expect({ events, runs, root, states, digest }).toEqual({ events: first?.events, runs: 5, root: first?.root, states: first?.states, digest: first?.digest });
  });

  test('is told in the same way from each of them', async () => {
    const told = async (words: readonly string[]) => Promise.all(stations.map(async (storage) => (await here.run([...words, '--storage', storage])).stdout));
    for (const words of [['runs', 'list', '--json'], ['audit', 'list', '--json']]) {
      const [first, ...others] = await told(words);
      expect(first).toContain('file-reader');
      expect(others).toEqual([first, first, first]);
    }
    expect(await Promise.all(stations.map(async (storage) => (await here.run(['audit', 'verify', '--storage', storage])).code))).toEqual([0, 0, 0, 0]);
  });
});
