import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { find, here, withToka } from './support.ts';

let bundledFile: string;
beforeEach(() => {
  bundledFile = join(here.home, 'cache/toka/bundled.db');
});

/** The code of a call whose parameters are wrong, which a compiled validator tells. */
const refusal = async (): Promise<string | undefined> => withToka(async (toka) => (await toka.run(toka.request({ name: 'file-lister' }, { path: 1 }))).error?.code);

/** What any other project begins with: no index of its own. */
function moveOn(): void {
  rmSync(join(here.home, 'cache/toka/index'), { recursive: true });
}

function changeShared(sql: string): void {
  using db = new DatabaseSync(bundledFile);
  db.exec(sql);
}

describe('what comes with toka', () => {
  test('is read for the first project, and taken over by the next', async () => {
    expect(await find('file-lister')).toMatch(/./);
    changeShared(`UPDATE tools SET json = json_set(json, '$.description', 'As it was kept') WHERE name = 'file-lister'`);
    moveOn();
    expect(await find('file-lister')).toBe('As it was kept');
  });

  test('is read anew where its files are no longer the same', async () => {
    const description = await find('file-lister');
    changeShared(`UPDATE tools SET json = json_set(json, '$.description', 'As it was kept'); UPDATE files SET stamp = 'before'`);
    moveOn();
    expect(await find('file-lister')).toBe(description);
  });

  test('is compiled for the first project, and taken over by the next', async () => {
    expect(await refusal()).toBe('TOKA_PARAM_INVALID');
    changeShared(`UPDATE validators SET code = replace(code, 'module.exports', 'globalThis.takenOver = true; module.exports')`);
    moveOn();
    expect(await refusal()).toBe('TOKA_PARAM_INVALID');
    expect(globalThis).toHaveProperty('takenOver', true);
  });

  test.each([
    ['empty', () => truncateSync(bundledFile, 0)],
    ['no database', () => writeFileSync(bundledFile, 'not a database')],
    ['cut short', () => truncateSync(bundledFile, 8192)],
    ['of another version', () => changeShared(`UPDATE meta SET value = 'x'`)],
    ['garbage in its tools and validators', () => changeShared(`UPDATE tools SET json = '{'; UPDATE validators SET code = '}'`)],
  ])('is read by each project itself where what was kept is %s', async (_, damage) => {
    expect(await refusal()).toBe('TOKA_PARAM_INVALID');
    const description = await find('file-lister');
    damage();
    moveOn();
    expect([await refusal(), await find('file-lister')]).toEqual(['TOKA_PARAM_INVALID', description]);
  });
});
