import { expect, test } from 'vitest';
import { type Place, place, tool } from '../support/cli.ts';
import { type Recording, record } from '../support/recorded.ts';

interface Diff {
  readonly schema: string;
  readonly same: boolean;
  readonly differences: readonly { readonly field: string; readonly a?: unknown; readonly b?: unknown; readonly patch?: string }[];
  readonly usage: readonly { readonly field: string }[];
}

async function diff(here: Place, one: Recording, other: Recording): Promise<Diff & { readonly exit: number | null }> {
  return here.json<Diff>(['runs', 'diff', await record(here, one), await record(here, other)]);
}

test('two runs that were asked, allowed, and did the same are the same, whatever they used', async () => {
  using here = place();
  const found = await diff(here, {}, { finished: { usage: { wallMs: 99, outputBytes: 5 } } });
  expect(found).toMatchObject({ schema: 'toka/run-diff/v1', same: true, differences: [], usage: [{ field: 'usage.wallMs', a: 12, b: 99 }], exit: 0 });
});

test('the same tool run twice is the same, and with other parameters is not', async () => {
  using here = place({ 'one.txt': 'one\n', 'two.txt': 'two\n', ...tool('greet', 'echo hello') });
  const ids = [];
  for (const file of ['one.txt', 'one.txt', 'two.txt']) ids.push((await here.json(['run', 'file-reader', file])).runId);
  expect(await here.json<Diff>(['runs', 'diff', ids[0] ?? '', ids[1] ?? ''])).toMatchObject({ same: true, exit: 0 });
  const { differences, exit } = await here.json<Diff>(['runs', 'diff', ids[0] ?? '', ids[2] ?? '']);
  expect(exit).toBe(1);
  expect(differences.map(({ field }) => field)).toEqual(expect.arrayContaining(['params.path', 'capabilities', 'stdout']));
});

const hash = (letter: string): string => letter.repeat(64);
const failed = { status: 'failed' as const, exitCode: 3, error: { code: 'TOKA_RUN_FAILED', message: 'no' } };

test.each<[string, Recording, Recording, object[]]>([
  ['the tool', { requested: { tool: 'project/lint' } }, { requested: { tool: 'project/test' } }, [{ field: 'tool', a: 'project/lint', b: 'project/test' }]],
  ['the manifest', { requested: { manifestHash: hash('a') } }, { requested: { manifestHash: hash('b') } }, [{ field: 'manifestHash', a: hash('a'), b: hash('b') }]],
  ['a parameter, at its place', { requested: { params: { inline: { list: [1, { x: 1 }] } } } }, { requested: { params: { inline: { list: [1, { x: 2 }], more: null } } } }, [{ field: 'params.list.1.x', a: 1, b: 2 }, { field: 'params.more', b: null }]],
  ['a capability', { started: { effective: ['fs:read:a', 'fs:read:b'] } }, { started: { effective: ['fs:read:b', 'fs:read:c'] } }, [{ field: 'capabilities', a: 'fs:read:a' }, { field: 'capabilities', b: 'fs:read:c' }]],
  ['the level', {}, { started: { level: 'elevated' } }, [{ field: 'level', a: 'restricted', b: 'elevated' }]],
  ['the command', { started: { command: ['ls', '-l'] } }, { started: { command: ['ls'] } }, [{ field: 'command.1', a: '-l' }]],
  ['the data', { finished: { data: { inline: { n: 1 } } } }, { finished: { data: { inline: [1] } } }, [{ field: 'data', a: { n: 1 }, b: [1] }]],
  ['the outcome', {}, { finished: failed }, [{ field: 'status', a: 'succeeded', b: 'failed' }, { field: 'exitCode', a: 0, b: 3 }, { field: 'error', b: { code: 'TOKA_RUN_FAILED', message: 'no' } }]],
])('%s is told', async (_what, one, other, differences) => {
  using here = place();
  const found = await diff(here, one, other);
  expect([found.exit, found.same, found.differences]).toEqual([1, false, differences]);
});

test('output is compared line by line, also where it is kept beside the events', async () => {
  using here = place();
  const many = Array.from({ length: 5000 }, (_, at) => `line ${at}\n`);
  const { differences } = await diff(here, { output: many.join('') }, { output: many.with(2500, 'another\n').join('') });
  const [only] = differences;
  expect(differences).toHaveLength(1);
  expect(only).toMatchObject({ field: 'stdout', patch: '@@ -2499,5 +2499,5 @@\n line 2498\n line 2499\n-line 2500\n+another\n line 2501\n line 2502\n' });
});

test('output that has nothing in common is not compared for ever', async () => {
  using here = place();
  const of = (word: string): string => Array.from({ length: 20_000 }, (_, at) => `${word} ${at}\n`).join('');
  const { differences, exit } = await diff(here, { output: of('one') }, { output: of('other') });
  expect([exit, differences.map(({ field, patch }) => [field, patch])]).toEqual([1, [['stdout', undefined]]]);
});

test('people get a line for each difference, and the text of what was written', async () => {
  using here = place();
  const one = await record(here, { output: 'a\nb\n' });
  const other = await record(here, { output: 'a\nc\u001b[2J\n', requested: { tool: 'project/test' }, finished: failed });
  const { code, stdout } = await here.run(['runs', 'diff', one, other]);
  expect(code).toBe(1);
  for (const text of [`A ${one}`, `B ${other}`, '~ tool: "files/file-reader" → "project/test"', '+ error: ', '~ stdout: 4 → 8 bytes', '    -b\n', '    +c\n']) expect(stdout).toContain(text);
  expect((await here.run(['runs', 'diff', one, one])).stdout).toContain('the same');
});

test('an id of none, of several, and a run that goes on are refused', async () => {
  using here = place();
  const [one, running] = [await record(here), await record(here, { finished: null })];
  const refused = async (...words: string[]): Promise<unknown> => {
    const { error, exit } = await here.json(['runs', 'diff', ...words]);
    return [error?.code, exit];
  };
  expect(await refused(one, running)).toEqual(['TOKA_RUN_ACTIVE', 69]);
  expect(await refused(one, 'ffffffff')).toEqual(['TOKA_RUN_UNKNOWN', 2]);
  expect(await refused(one, '0')).toEqual(['TOKA_RUN_UNKNOWN', 2]);
  expect(await refused(one)).toEqual(['TOKA_USAGE', 2]);
});
