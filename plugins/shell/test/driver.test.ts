import { mkdtempDisposableSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeOrder } from '@toka/sdk';
import { describe, expect, test } from 'vitest';
import { drive, type DriverEnd, type DriverOptions } from '../../../test/support/driver.ts';

const DRIVER = join(import.meta.dirname, '../dist/parts/driver.cjs');

async function run(source: string, order: Partial<CodeOrder> = {}, options?: DriverOptions): Promise<DriverEnd> {
  return drive([process.execPath, DRIVER], { source, name: "it's.sh", ...order }, options);
}

describe('a result', () => {
  test('is what the script writes into the file', async () => {
    expect(await run('echo \'{"a": [1]}\' > "$TOKA_RESULT"')).toMatchObject({ last: { type: 'result', data: { a: [1] } }, exitCode: 0 });
  });

  test('is null where it writes nothing', async () => {
    expect((await run('true')).last).toMatchObject({ type: 'result', data: null });
    expect((await run(': > "$TOKA_RESULT"')).last).toMatchObject({ type: 'result', data: null });
  });

  test.each(['echo done', 'echo "{a: 1}"', 'printf "[1,]"', 'echo 12345678901234567890', 'echo 1e999', "printf '{\"a\":1}{}'"])('that is no strict JSON is refused: %s', async (source) => {
    expect(await run(`${source} > "$TOKA_RESULT"`)).toMatchObject({ last: { type: 'failure', code: 'CODE_RESULT_INVALID' }, exitCode: 1 });
  });

  test.each(['ln -s /etc/passwd "$TOKA_RESULT"', 'mkfifo "$TOKA_RESULT"', 'mkdir "$TOKA_RESULT"'])('in something that is no file is refused: %s', async (source) => {
    expect((await run(source)).last).toMatchObject({ code: 'CODE_RESULT_INVALID' });
  });

  test('larger than the limit is refused', async () => {
    expect((await run('head -c 2000000 /dev/zero | tr "\\0" 1 > "$TOKA_RESULT"')).last).toMatchObject({ code: 'CODE_RESULT_TOO_LARGE' });
  });
});

describe('parameters', () => {
  test('are variables where they are one text, and all in a file', async () => {
    const params = { maxBytes: 1, 'dry-run': true, name: "it's $HOME", list: [1], long: 'x'.repeat(200_000) };
    const { stdout } = await run('printf "%s|%s|%s|%s\\n" "$PARAM_MAX_BYTES" "$PARAM_DRY_RUN" "$PARAM_NAME" "${PARAM_LIST-}${PARAM_LONG-}"; cat "$TOKA_PARAMS"', { params });
    expect(stdout).toBe(`1|true|it's $HOME|\n${JSON.stringify(params)}`);
  });

  test('cannot become variables of the shell itself', async () => {
    expect((await run('echo "$PARAM_BASH_ENV $PARAM_PATH"', { params: { BASH_ENV: '/tmp/x', PATH: '/nowhere' } })).stdout).toBe('/tmp/x /nowhere\n');
  });
});

describe('a script', () => {
  test.each([
    ['exit 3', 3],
    ['kill -TERM $$', 143],
    ['echo "$UNSET"', 1],
    ['false & wait; exit 1', 1],
  ])('ends with its own exit code and no result: %s', async (source, exitCode) => {
    expect(await run(source)).toMatchObject({ last: undefined, exitCode, stdout: '' });
  });

  test.each([
    ['f() {\n  false\n}\nf\necho on', 1, '`false` ended with 1', 2],
    ['true\nnothing-of-that-name', 127, '`nothing-of-that-name` ended with 127', 2],
    ['true\n(exit 4)\necho on', 4, '`( exit 4 )` ended with 4', 2],
    ['true\nfalse | cat', 1, 'ended with 1', 2],
    ['made=$(false)', 1, '`made=$(false)` ended with 1', 1],
  ])('says which command ended it: %j', async (source, exitCode, message, line) => {
    const { last, stdout, ...ended } = await run(source);
    expect({ last, stdout, exitCode: ended.exitCode }).toMatchObject({ last: { type: 'failure', code: 'CODE_THREW' }, stdout: '', exitCode });
    expect(last?.['message']).toContain(message);
    expect(last?.['message']).toContain(`(it's.sh:${line})`);
  });

  test('may do without all that', async () => {
    expect(await run('set +euo pipefail; false; echo "$UNSET"; false | cat; echo on')).toMatchObject({ last: { data: null }, stdout: '\non\n', stderr: '' });
  });

  test('with a mistake in its syntax does not run at all', async () => {
    expect(await run('echo ran\nif then')).toMatchObject({ last: { code: 'CODE_SYNTAX', message: expect.stringContaining("(it's.sh:2)") }, stdout: '' });
  });

  test('reads its standard input', async () => {
    expect((await run('cat', {}, { input: 'given\n' })).stdout).toBe('given\n');
  });

  test('is run by sh where there is no bash', async () => {
    using here = mkdtempDisposableSync(join(tmpdir(), 'toka-shell-'));
    symlinkSync('/bin/sh', join(here.path, 'sh'));
    const env = { PATH: here.path };
    expect(await run('echo "$PARAM_A"; echo 1 > "$TOKA_RESULT"', { params: { a: 'given' } }, { env })).toMatchObject({ last: { data: 1 }, stdout: 'given\n' });
    expect(await run('echo "$UNSET"; echo on', {}, { env })).toMatchObject({ last: undefined, stdout: '' });
    expect((await run('echo ran\nif then', {}, { env })).last).toMatchObject({ code: 'CODE_SYNTAX', message: expect.stringContaining(':2)') });
  });

  test('has no part in the channel', async () => {
    expect((await run('ls -l /proc/self/fd; ls -l /proc/$$/fd')).stdout).not.toMatch(/ 4 -> (?:socket|pipe)/);
    expect((await run('echo {} >&4 || echo closed')).stdout).toBe('closed\n');
  });

  test('is ready before its order', async () => {
    expect((await run('true', {}, { warm: true })).lines.map(({ type }) => type)).toEqual(['ready', 'result']);
  });
});
