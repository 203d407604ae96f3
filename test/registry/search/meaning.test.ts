import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openShelf } from '../../../src/agent/find/shelf.ts';
import { openMeaning } from '../../../src/registry/search/meaning.ts';
import { TEAM_TOOLS, toolNamed } from './own-set.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toka-meaning-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A plugin that knows of each text only whether it speaks of leaving, and notes what it was asked. */
function plugin(embed = `texts.map((text) => (/delete|farewell/i.test(text) ? [1, 0] : [0, 1]))`): string {
  const file = join(folder, 'package.json');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ name: 'leaving', toka: { contributes: { search: [{ id: 'leaving', entry: './leaving.cjs', summary: 'Leaving' }] } } }));
  writeFileSync(join(folder, 'leaving.cjs'), `const asked = (globalThis.asked ??= []); exports.default = { id: 'leaving', summary: 'Leaving', revision: '1', embed: async (texts) => { asked.push(...texts); return ${embed}; } };`);
  return file;
}

function asked(): string[] {
  const { asked: texts = [] } = globalThis as { asked?: string[] };
  return texts.splice(0);
}

test('what means the same is found, though no word of it is said', async () => {
  const meaning = openMeaning([plugin()], join(folder, 'cache'));
  const shelf = openShelf([...TEAM_TOOLS], { ceilingBytes: 3000, pinned: [] });
  expect(shelf.search('farewell', 1)).toEqual([]);
  expect(shelf.search('farewell', 1, await meaning?.likeness('farewell', TEAM_TOOLS))).toMatchObject([{ name: 'file-remover', score: 0 }]);
});

test('the vectors of tools are kept: only new texts are asked for again', async () => {
  const cache = join(folder, 'cache');
  asked();
  await openMeaning([plugin()], cache)?.likeness('one', TEAM_TOOLS);
  expect(asked()).toHaveLength(TEAM_TOOLS.length + 1);
  const added = toolNamed('new/greeter', 'Say farewell');
  const likeness = await openMeaning([plugin()], cache)?.likeness('farewell', [...TEAM_TOOLS, added]);
  expect(asked()).toEqual(['Say farewell', 'farewell']);
  expect([likeness?.get('new/greeter'), likeness?.get('git/commit-log')]).toEqual([1, 0]);
});

test('what was kept and is damaged is made again', async () => {
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  writeFileSync(join(cache, 'meaning.db'), 'no database');
  expect((await openMeaning([plugin()], cache)?.likeness('farewell', TEAM_TOOLS))?.get('files/file-remover')).toBe(1);
});

test.each(['undefined', '[]', '{}', '(() => { throw new Error("out of order"); })()'])('a plugin that answers %s is named', async (embed) => {
  await expect(openMeaning([plugin(embed)], join(folder, 'cache'))?.likeness('a', TEAM_TOOLS)).rejects.toMatchObject({ code: 'TOKA_PLUGIN_FAILED', message: expect.stringContaining('leaving') as unknown });
});

test('without such a plugin there is nothing to compare by', () => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'other', toka: { contributes: {} } }));
  expect(openMeaning([join(folder, 'package.json')], join(folder, 'cache'))).toBeUndefined();
});
