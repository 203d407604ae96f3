import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { projectId } from '../../src/config/paths.ts';
import { env, find, here, list, manifest, withToka } from './support.ts';

let indexFile: string;
beforeEach(() => {
  indexFile = join(here.home, 'cache/toka/index', `${projectId(here.project)}.db`);
});

describe('the index is a cache in the user’s own folder', () => {
  const DAMAGE: Record<string, () => void> = {
    empty: () => truncateSync(indexFile, 0),
    'text instead': () => writeFileSync(indexFile, 'not a database'),
    'cut short': () => truncateSync(indexFile, 8192),
    'zeros from the second page on': () => {
      const { size } = statSync(indexFile);
      truncateSync(indexFile, 4096);
      truncateSync(indexFile, size);
    },
    'a foreign database': () => {
      rmSync(indexFile);
      const db = new DatabaseSync(indexFile);
      db.exec('CREATE TABLE meta (key TEXT, value TEXT)');
      db.close();
    },
    'without its tools': () => {
      const db = new DatabaseSync(indexFile);
      db.exec('DROP TABLE tools');
      db.close();
    },
    'with garbage in a tool': () => {
      const db = new DatabaseSync(indexFile);
      db.exec(`UPDATE tools SET json = '{', capabilities = '['`);
      db.close();
    },
    'with a damaged validator': () => {
      const db = new DatabaseSync(indexFile);
      db.exec(`UPDATE validators SET code = '}'`);
      db.close();
    },
    missing: () => rmSync(indexFile),
    'of another version': () => {
      const db = new DatabaseSync(indexFile);
      db.exec(`UPDATE meta SET value = 'x'`);
      db.close();
    },
  };

  test.each(Object.keys(DAMAGE))('%s: built anew', async (what) => {
    here.write({ 'manifests/audit.yaml': manifest('audit') });
    const run = async () => withToka(async (toka) => (await toka.run(toka.request({ name: 'file-lister' }, { path: '.' }))).status);
    expect([await run(), await list()]).toEqual(['succeeded', ['audit']]);
    DAMAGE[what]?.();
    expect(await run()).toBe('succeeded');
    expect([await find('audit'), await list()]).toEqual(['The tool audit', ['audit']]);
    expect(readdirSync(join(here.home, 'cache/toka/index'))).toEqual([`${projectId(here.project)}.db`]);
  });

  test('an index that a clone brings along is ignored, and none is written there', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'of the manifest') });
    expect(await list()).toEqual(['audit']);
    const planted = new DatabaseSync(':memory:');
    planted.exec(
      `ATTACH '${indexFile}' AS own; UPDATE own.tools SET description = 'planted', json = replace(json, 'of the manifest', 'planted')`,
    );
    mkdirSync(join(here.project, '.toka/state'), { recursive: true });
    planted.exec(`ATTACH '${join(here.project, '.toka/state/registry.db')}' AS clone`);
    for (const table of ['meta', 'folders', 'files', 'tools', 'validators'])
      planted.exec(`CREATE TABLE clone.${table} AS SELECT * FROM own.${table}`);
    planted.exec('DETACH clone; DETACH own');
    planted.close();
    rmSync(indexFile);
    expect([await find('audit'), await list()]).toEqual(['of the manifest', ['audit']]);
    expect(existsSync(indexFile)).toBe(true);
    expect(readdirSync(join(here.project, '.toka/state'))).toEqual(['registry.db']);
  });

  test('a cache folder that cannot be written to: a coded error with the folder in it', async () => {
    writeFileSync(join(here.home, 'cache'), 'a file where the folder should be');
    await expect(list()).rejects.toMatchObject({ code: 'TOKA_STATE_UNAVAILABLE', message: expect.stringContaining(indexFile) as string });
  });

  test('a cache folder without the right to write', async () => {
    await list();
    rmSync(indexFile);
    chmodSync(join(here.home, 'cache/toka/index'), 0o500);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) expect(await list()).toEqual([]);
    else await expect(list()).rejects.toMatchObject({ code: 'TOKA_STATE_UNAVAILABLE' });
    chmodSync(join(here.home, 'cache/toka/index'), 0o700);
  });

  test('several processes that run tools while it is built all get their results', async () => {
    here.write({ 'notes.txt': 'one\n' });
    for (let round = 0; round < 4; round++) {
      rmSync(indexFile, { force: true });
      const words = ['run', 'file-reader', 'notes.txt', '--json'];
      const ended = await Promise.all(Array.from({ length: 6 }, async () => here.run(words, { env })));
      for (const { code, stdout } of ended) expect([code, (JSON.parse(stdout) as { error?: unknown }).error]).toEqual([0, undefined]);
    }
  });

  test('several processes that build it at once all get it', async () => {
    here.write(Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`manifests/t${at}.yaml`, manifest(`t${at}`)])));
    const ended = await Promise.all(
      Array.from({ length: 6 }, async () => here.run(['tools', 'list', '--source', 'project', '--json'], { env })),
    );
    for (const { code, stdout } of ended) expect([code, (JSON.parse(stdout) as { tools: unknown[] }).tools.length]).toEqual([0, 40]);
    expect(readdirSync(join(here.home, 'cache/toka/index'))).toEqual([`${projectId(here.project)}.db`]);
  });
});
