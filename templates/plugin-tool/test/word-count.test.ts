import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { testContext, toolChecks } from '@toka/sdk/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import wordCount from '../dist/word-count.js';
import places from './places.ts';

const ajv = new Ajv2020({ strict: false, useDefaults: true });
const matches = (schema: object, value: unknown) => (ajv.validate(schema, value) ? undefined : ajv.errorsText());

for (const { name, run } of toolChecks) test(name, () => run(wordCount, { ...places.tools, matches }));

test('lines and words are counted', async () => {
  const context = testContext({ folder: join(import.meta.dirname, 'examples') });
  assert.deepEqual(await wordCount.run({ path: 'notes.txt', unit: 'both' }, context), { lines: 2, words: 7, unit: 'both' });
});
