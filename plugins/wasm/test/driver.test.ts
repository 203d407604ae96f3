import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drive, type DriverEnd, type DriverOptions } from '../../../test/support/driver.ts';
import { assembled, catting, echoing, environment, printing, program, writing } from './modules.ts';

const DRIVER = join(import.meta.dirname, '../dist/parts/driver.cjs');

async function run(module: Uint8Array, options?: DriverOptions): Promise<DriverEnd> {
  return drive([process.execPath, '--disable-warning=ExperimentalWarning', DRIVER], { source: Buffer.from(module).toString('base64'), name: 'code.wasm', params: { n: 1 } }, options);
}

describe('a module', () => {
  test('prints', async () => {
    expect(await run(await printing('hé\n'))).toMatchObject({ last: { type: 'result', data: null }, exitCode: 0, stdout: 'hé\n', stderr: '' });
  });

  test('finds its parameters in a file', async () => {
    expect((await run(await catting('/toka', 'params.json'))).stdout).toBe('{"n":1}');
  });

  test('finds them on standard input as well, unless the caller has something there', async () => {
    expect((await run(await echoing())).stdout).toBe('{"n":1}');
    expect((await run(await echoing(), { input: 'given' })).stdout).toBe('given');
  });

  test('sees variables', async () => {
    const { stdout } = await run(await environment(), { env: { GRANTED: 'yes' } });
    expect(stdout.split('\0')).toEqual(expect.arrayContaining(['GRANTED=yes', 'TOKA_PARAMS=/toka/params.json', 'TOKA_RESULT=/toka/result.json']));
  });

  test('leaves its result in a file', async () => {
    expect((await run(await writing('/toka', 'result.json', '{"a":[1]}'))).last).toEqual({ type: 'result', data: { a: [1] } });
  });

  test('whose result is no JSON has failed', async () => {
    expect((await run(await writing('/toka', 'result.json', 'done'))).last).toMatchObject({ type: 'failure', code: 'CODE_RESULT_INVALID' });
  });

  test('ends with its own exit code and no result', async () => {
    expect(await run(await program('(call $proc_exit (i32.const 7))'))).toMatchObject({ last: undefined, exitCode: 7 });
  });

  test.each([
    ['unreachable', '(unreachable)', 'unreachable'],
    ['a division', '(drop (i32.div_u (i32.const 1) (i32.const 0)))', 'divide by zero'],
    ['memory', '(drop (i32.load (i32.const -8)))', 'memory access out of bounds'],
  ])('that traps is told with its place: %s', async (_, body, message) => {
    const { last, stderr, exitCode } = await run(await program(body));
    expect({ last, exitCode }).toMatchObject({ exitCode: 1, last: { code: 'CODE_THREW', message: expect.stringMatching(`^trap: ${message}.* in main \\(code\\.wasm:\\d+:0x`) } });
    expect(stderr).toMatch(/^ {2}at main \(code\.wasm:\d+:0x[0-9a-f]+\)\n$/);
  });

  test('that traps while it is instantiated is told as well', async () => {
    const module = await assembled('(module (memory (export "memory") 1) (func $s unreachable) (start $s) (func (export "_start")))');
    expect((await run(module)).last).toMatchObject({ code: 'CODE_THREW' });
  });

  test('that calls itself for ever is told', async () => {
    const module = await assembled('(module (memory (export "memory") 1) (func $f (export "_start") (call $f)))');
    expect((await run(module)).last).toMatchObject({ code: 'CODE_THREW' });
  });
});

describe('what is no program', () => {
  test.each([
    ['text', Buffer.from('#!/bin/sh'), 'CODE_SYNTAX'],
    ['nothing', Buffer.from(''), 'CODE_SYNTAX'],
    ['the beginning of a module', Buffer.from('0061736d', 'hex'), 'CODE_SYNTAX'],
    ['a broken module', Buffer.from('0061736d01000000ff', 'hex'), 'CODE_SYNTAX'],
    ['a component of preview 2', Buffer.from('0061736d0d000100', 'hex'), 'CODE_UNSUPPORTED'],
  ])('is refused: %s', async (_, bytes, code) => {
    expect(await run(bytes)).toMatchObject({ last: { type: 'failure', code }, exitCode: 1 });
  });

  test.each([
    ['imports from elsewhere', '(import "env" "f" (func)) (memory (export "memory") 1) (func (export "_start"))'],
    ['imports what WASI does not have', '(import "wasi_snapshot_preview1" "f" (func)) (memory (export "memory") 1) (func (export "_start"))'],
    ['a library', '(memory (export "memory") 1) (func (export "_initialize"))'],
    ['no memory', '(func (export "_start"))'],
  ])('is refused: %s', async (_, fields) => {
    expect((await run(await assembled(`(module ${fields})`))).last).toMatchObject({ type: 'failure', code: 'CODE_UNSUPPORTED' });
  });
});
