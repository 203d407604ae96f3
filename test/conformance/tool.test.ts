import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineTool, type ToolDefinition } from '@toka/sdk';
import { toolChecks } from '@toka/sdk/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, expect, test } from 'vitest';

const ajv = new Ajv2020({ strict: false, useDefaults: true });
const folder = mkdtempSync(join(tmpdir(), 'toka-examples-'));
writeFileSync(join(folder, 'notes.txt'), 'one\ntwo\n');
afterAll(() => rmSync(folder, { recursive: true }));
const place = { folder, matches: (schema: object, value: unknown) => (ajv.validate(schema, value) ? undefined : ajv.errorsText()) };

const sound = defineTool({
  name: 'line-count',
  summary: 'Count the lines of a text file',
  category: 'text',
  params: {
    type: 'object',
    properties: { path: { type: 'string', description: 'The file', 'x-type': 'path' } },
    required: ['path'],
    additionalProperties: false,
  },
  output: { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'], additionalProperties: false },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
  examples: [{ description: 'Count', params: { path: 'notes.txt' } }],
  print: ({ lines }: { lines: number }) => `${lines}\n`,
  run: async ({ path }, ctx) => ({ lines: (await ctx.fs.readText(path)).split('\n').length - 1 }),
}) as unknown as ToolDefinition;

/** For each check a tool that fails it, and differs from the sound one in nothing else. */
const FAULTS: Readonly<Record<string, ToolDefinition>> = {
  'tool/words': { ...sound, summary: 'Counts the lines.' },
  'tool/schema': { ...sound, params: { ...sound.params, additionalProperties: true as never } },
  'tool/examples': { ...sound, examples: [{ description: 'Count', params: { file: 'notes.txt' } }] },
  'tool/output': { ...sound, run: async () => ({ lines: 'two' }) },
  'tool/print': { ...sound, print: (result) => `${(result as { lines: number }).lines}` },
  'tool/effect': {
    ...sound,
    async run({ path }) {
      writeFileSync(`${path as unknown as string}.count`, '2');
      return { lines: 2 };
    },
  },
  'tool/errors': {
    ...sound,
    run: async (params, ctx) => sound.run(params, ctx).catch(() => Promise.reject(new Error('something went wrong'))),
  },
  'tool/abort': { ...sound, run: async () => Promise.withResolvers<never>().promise },
};

test.each(toolChecks)('a sound tool passes: $id', async ({ run }) => {
  await expect(run(sound, place)).resolves.toBeUndefined();
});

test.each(toolChecks)('the check can fail: $id', async ({ id, run }) => {
  const fault = FAULTS[id];
  if (!fault) throw new Error('no tool fails this check');
  await expect(run(fault, place)).rejects.toThrow(/expected/);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(toolChecks.map(({ id }) => id).toSorted());
});
