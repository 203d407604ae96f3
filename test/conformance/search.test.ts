import { defineSearch, type Search } from '@toka/sdk';
import { searchChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';

type Embed = Search['embed'];

const made = (embed: Embed): Search => defineSearch({ id: 'topics', summary: 'Find what is about the same', revision: '1', embed });
const vectorOf = (text: string): number[] => [1, /file|document|disk/i.test(text) ? 9 : 0, /weather/i.test(text) ? 9 : 0];
const sound = made((texts) => texts.map(vectorOf));

/** For each check, a search that is sound but for one thing. */
const FAULTS: Readonly<Record<string, Search>> = {
  'each text has a vector of finite numbers, all of one length': made((texts) => texts.map((text) => (text === '' ? [Number.NaN, 0, 0] : vectorOf(text)))),
  'no text is no vector': made((texts) => (texts.length === 0 ? [[1, 0, 0]] : texts.map(vectorOf))),
  'a text has the same vector each time, whatever stands beside it': made((texts) => texts.map((text) => [...vectorOf(text).slice(1), texts.length * 20])),
  'texts that mean the like are closer than others': made((texts) => texts.map((text) => Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.split(letter).length))),
};

test.each(searchChecks)('a sound search passes: $name', async ({ run }) => {
  await expect(run(sound)).resolves.toBeUndefined();
});

test.each(searchChecks)('the check can fail: $name', async ({ name, run }) => {
  const fault = FAULTS[name];
  if (!fault) throw new Error('no search fails this check');
  await expect(run(fault)).rejects.toThrow(/expected|was given/);
});

test.each(searchChecks)('each fault is found by its own check alone: $name', async ({ name }) => {
  const failing = await Promise.all(searchChecks.map(async (check) => check.run(FAULTS[name] ?? sound).then(() => [], () => [check.name])));
  expect(failing.flat()).toEqual([name]);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(searchChecks.map(({ name }) => name).toSorted());
});
