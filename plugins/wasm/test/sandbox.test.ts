import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../../test/support/cli.ts';
import { type CodeRun, codeOf, runCode } from '../../../test/support/code.ts';
import { catting, echoing, environment, printing, program, writing } from './modules.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'one\n', 'secret/key.txt': 'CANARY' });
});
afterEach(() => here[Symbol.dispose]());

const wasm = async (module: Uint8Array, words?: readonly string[]): Promise<CodeRun> => runCode(here, 'wasm', module, words);

describe('a module in the sandbox', () => {
  test('prints, and gives its result', async () => {
    expect(await wasm(await printing('hello\n'))).toMatchObject({ exit: 0, tool: 'code/wasm', output: 'hello\n', data: null });
    expect(await wasm(await writing('/toka', 'result.json', '[1]'))).toMatchObject({ exit: 0, data: [1] });
  });

  test('is chosen by the ending of the file', async () => {
    here.write({ 'hello.wasm': await printing('hello\n') });
    expect(await here.json(['code', 'run', 'hello.wasm'])).toMatchObject({ exit: 0, output: 'hello\n' });
  });

  test('reads its parameters on standard input', async () => {
    expect(await wasm(await echoing(), ['--param', 'a=1'])).toMatchObject({ exit: 0, output: '{"a":1}' });
  });

  test('sees the variables that were granted', async () => {
    here.write({ 'code/source': await environment() });
    const run = async (words: readonly string[]): Promise<CodeRun> => here.json<CodeRun>(['code', 'run', '--language', 'wasm', ...words, 'code/source'], { env: { COLOUR: 'green' } });
    expect((await run(['--allow', 'env:read:COLOUR'])).output).toContain('COLOUR=green\0');
    expect((await run([])).output).not.toContain('COLOUR');
  });

  test('reads what was granted', async () => {
    expect(await wasm(await catting(join(here.project, 'docs'), 'a.md'), ['--allow', 'fs:read:docs/**'])).toMatchObject({ exit: 0, output: 'one\n' });
  });

  test('reads a single file that was granted, and nothing beside it', async () => {
    const words = ['--allow', 'fs:read:docs/a.md'];
    expect(await wasm(await catting(join(here.project, 'docs'), 'a.md'), words)).toMatchObject({ exit: 0, output: 'one\n' });
    here.write({ 'docs/b.md': 'CANARY' });
    expect((await wasm(await catting(join(here.project, 'docs'), 'b.md'), words)).exit).toBe(1);
  });

  test('writes what was granted, and cannot write what it may read', async () => {
    expect(await wasm(await writing(join(here.project, 'docs'), 'made.md', 'new'), ['--allow', 'fs:write:docs/**'])).toMatchObject({ exit: 0 });
    expect(here.read('docs/made.md')).toBe('new');
    expect((await wasm(await writing(join(here.project, 'docs'), 'other.md', 'new'), ['--allow', 'fs:read:docs/**'])).exit).toBe(1);
  });

  test('ends with its own exit code', async () => {
    expect(await wasm(await program('(call $proc_exit (i32.const 37))'))).toMatchObject({ exit: 1, exitCode: 37 });
  });

  test('tells where it trapped', async () => {
    expect(await wasm(await program('(unreachable)'))).toMatchObject({ exit: 1, error: { message: expect.stringMatching(/in main \(code\/source:\d+:0x/), data: { code: 'CODE_THREW' } } });
  });
});

describe('a hostile module', () => {
  test.each([
    ['a link to a folder', (project: string) => join(project, 'secret'), 'link/key.txt', 'CANARY'],
    ['a link up and down to a folder', () => '../secret', 'link/key.txt', 'CANARY'],
    ['a link to a link to a folder', () => 'chain', 'link/key.txt', 'CANARY'],
    // These are refused by node:wasi itself.
    ['a link to a file', (project: string) => join(project, 'secret/key.txt'), 'link', ''],
    ['a link up and down to a file', () => '../secret/key.txt', 'link', ''],
  ] as const)('does not get out of its folder by %s', async (_what, target, path, granted) => {
    symlinkSync(target(here.project), join(here.project, 'docs/link'));
    symlinkSync('../secret', join(here.project, 'docs/chain'));
    const module = await catting(join(here.project, 'docs'), path);
    const result = await wasm(module, ['--allow', 'fs:read:docs/**']);
    // Its exit code is the error number of WASI.
    expect({ output: result.output, isRefused: Number(result.exitCode) > 1 }).toEqual({ output: '', isRefused: true });
    // Where the sandbox does not stand in the way, nothing else does.
    expect((await wasm(module, ['--allow', 'fs:read:docs/**', '--allow', 'fs:read:secret/**'])).output).toBe(granted);
  });

  test.each(['../secret/key.txt', '/etc/passwd'])('does not get out of its folder by the path %s', async (path) => {
    const result = await wasm(await catting(join(here.project, 'docs'), path), ['--allow', 'fs:read:docs/**', '--allow', 'fs:read:secret/**']);
    expect({ output: result.output, isRefused: Number(result.exitCode) > 1 }).toEqual({ output: '', isRefused: true });
  });

  test('has neither the system nor its own process among its folders', async () => {
    for (const folder of ['/proc', '/etc', '/usr', '/dev']) expect((await wasm(await catting(folder, 'self/environ'))).exit).toBe(1);
  });

  test('that loops for ever is ended', async () => {
    expect(await wasm(await program('(loop $on (br $on))'), ['--timeout', '2s'])).toMatchObject({ exit: 124, error: { code: 'TOKA_TIMED_OUT' } });
  });

  test('that takes memory without end is ended', async () => {
    const grown = '(local $at i32) (loop $on (local.set $at (memory.grow (i32.const 256))) (if (i32.eq (local.get $at) (i32.const -1)) (then (call $proc_exit (i32.const 9)))) (memory.fill (i32.mul (local.get $at) (i32.const 65536)) (i32.const 1) (i32.const 16777216)) (br $on))';
    const result = await wasm(await program(grown));
    // By the sandbox, or by the module where it is told first that there is no more.
    expect(result.error?.code === 'TOKA_MEMORY_LIMIT' || result.exitCode === 9).toBe(true);
  });

  test('that prints without end is ended', async () => {
    expect(await wasm(await program('(loop $on (call $write (i32.const 1) (i32.const 0) (i32.const 65536)) (br $on))'), ['--max-output', '1M'])).toMatchObject({ exit: 1, error: { code: 'TOKA_OUTPUT_LIMIT' } });
  });

  test('cannot write to the channel', async () => {
    for (const descriptor of [3, 4]) {
      const result = await wasm(await program(`(call $write (i32.const ${descriptor}) (i32.const 1024) (i32.const 8))`, 'garbage\n'));
      expect(codeOf(result)).toBe('CODE_THREW');
    }
  });

  test('that writes a result that is none has failed', async () => {
    expect(codeOf(await wasm(await writing('/toka', 'result.json', '{"a":')))).toBe('CODE_RESULT_INVALID');
  });
});
