import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LockFile } from '../../src/manifest/lock-file.ts';
import { type Json, type Place, place, tool } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place(tool('greet', 'echo hello'));
});
afterEach(() => here[Symbol.dispose]());

const lock = async (...words: readonly string[]) => here.json<Json & { readonly written: boolean }>(['lock', ...words]);
const outcome = async (...words: readonly string[]) => {
  const { exit, error } = await here.json(['run', '--allow', 'proc:exec:bash', ...words]);
  return [exit, error?.code];
};
const edit = (file: string, from: string, to: string): void => here.write({ [file]: here.read(file).replace(from, to) });

describe('a lock that is not one', () => {
  const both = async (): Promise<unknown[]> => [await outcome('greet'), (await lock('--check')).error?.code, (await lock()).error?.code];
  const INVALID = [[65, 'TOKA_LOCK_INVALID'], 'TOKA_LOCK_INVALID', 'TOKA_LOCK_INVALID'];
  const file = (): string => join(here.project, 'toka.lock');

  test.each<[string, () => void]>([
    ['empty', () => here.write({ 'toka.lock': '' })],
    ['with the marks of a merge', () => here.write({ 'toka.lock': `<<<<<<< ours\n${here.read('toka.lock')}=======\n>>>>>>> theirs\n` })],
    ['YAML', () => here.write({ 'toka.lock': 'lockVersion: 1\ntools: {}\n' })],
    ['with a key that nobody knows', () => edit('toka.lock', '"lockVersion": 1,', '"lockVersion": 1,\n  "extra": true,')],
    ['with a tool twice', () => edit('toka.lock', '    "project/greet": {', '    "project/greet": {},\n    "project/greet": {')],
    ['with a member twice', () => edit('toka.lock', '      "file": "manifests/greet.yaml",', '      "file": "manifests/evil.yaml",\n      "file": "manifests/greet.yaml",')],
    ['with a key that changes objects', () => edit('toka.lock', '    "project/greet": {', '    "__proto__": {},\n    "project/greet": {')],
    ['of version 0', () => edit('toka.lock', '"lockVersion": 1', '"lockVersion": 0')],
    ['not UTF-8', () => here.write({ 'toka.lock': Uint8Array.of(0xff, 0xfe, 0x7b) })],
    ['too large', () => here.write({ 'toka.lock': ' '.repeat(17 * 1024 ** 2) })],
    ['a link', () => {
      renameSync(file(), join(here.base, 'elsewhere.lock'));
      symlinkSync(join(here.base, 'elsewhere.lock'), file());
    }],
    ['a link that leads nowhere', () => {
      rmSync(file());
      symlinkSync('nowhere', file());
    }],
    ['a folder', () => {
      rmSync(file());
      mkdirSync(file());
    }],
    ['a pipe', () => {
      rmSync(file());
      spawnSync('mkfifo', [file()]);
    }],
  ])('%s: nothing runs, nothing is written over it', async (_what, spoil) => {
    await lock();
    spoil();
    expect(await both()).toEqual(INVALID);
  });

  test('says where', async () => {
    await lock();
    edit('toka.lock', '      "effect": "read",', '      "effect": "reads",');
    const { error } = await lock('--check');
    expect(error).toMatchObject({ code: 'TOKA_LOCK_INVALID', data: { problems: [{ code: 'bad-value', line: expect.any(Number) as number, suggestion: '"read"' }] } });
  });

  test('of a newer version', async () => {
    await lock();
    edit('toka.lock', '"lockVersion": 1', '"lockVersion": 3');
    expect(await both()).toEqual([[65, 'TOKA_LOCK_VERSION'], 'TOKA_LOCK_VERSION', 'TOKA_LOCK_VERSION']);
  });

  test('is one still with other line ends, another order or another layout', async () => {
    await lock();
    const text = here.read('toka.lock');
    here.write({ 'toka.lock': text.replaceAll('\n', '\r\n') });
    expect(await outcome('greet')).toEqual([0, undefined]);
    const { tools } = JSON.parse(text) as LockFile;
    here.write({ 'toka.lock': JSON.stringify({ tools: Object.fromEntries(Object.entries(tools).toReversed()), lockVersion: 1 }) });
    expect([await outcome('greet'), (await lock('--check')).exit]).toEqual([[0, undefined], 0]);
    expect((await lock()).written).toBe(true);
    expect(here.read('toka.lock')).toBe(text);
  });
});
