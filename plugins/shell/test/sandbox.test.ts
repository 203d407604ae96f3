import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../../test/support/cli.ts';
import { type CodeRun, codeOf, runCode } from '../../../test/support/code.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'one\n', 'secret/key.txt': 'CANARY' });
});
afterEach(() => here[Symbol.dispose]());

const shell = async (source: string, words?: readonly string[]): Promise<CodeRun> => runCode(here, 'shell', source, words);

describe('a shell script in the sandbox', () => {
  test('is given parameters, prints, and gives its result', async () => {
    expect(await shell('echo working; printf \'{"sum": %s}\' $((PARAM_A + PARAM_B)) > "$TOKA_RESULT"', ['--param', 'a=1', '--param', 'b=2'])).toMatchObject({
      exit: 0,
      tool: 'code/shell',
      output: 'working\n',
      data: { sum: 3 },
    });
  });

  test('is chosen by the ending of the file', async () => {
    here.write({ 'say.sh': 'echo "$0" | grep -c say.sh' });
    expect(await here.json(['code', 'run', 'say.sh'])).toMatchObject({ exit: 0, output: '1\n', data: null });
  });

  test('sees what was granted and nothing else', async () => {
    expect(await shell('cat docs/a.md; cat secret/key.txt /etc/shadow || echo none', ['--allow', 'fs:read:docs/**'])).toMatchObject({ exit: 0, output: 'one\nnone\n' });
  });

  test('keeps files that it writes for its caller', async () => {
    const { artifacts, exit } = await shell('echo a,b > "$TOKA_ARTIFACTS/table.csv"', ['--artifacts', 'out']);
    expect({ artifacts, exit, table: here.read('out/table.csv') }).toEqual({ artifacts: ['table.csv'], exit: 0, table: 'a,b\n' });
  });

  test('ends with its own exit code', async () => {
    expect(await shell('exit 37')).toMatchObject({ exit: 1, exitCode: 37, error: { code: 'TOKA_RUN_FAILED' } });
  });
});

describe('a hostile script', () => {
  test.each([
    ['loops for ever', 'while :; do :; done', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['ignores being asked to end', 'trap "" TERM INT HUP; while :; do :; done', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['prints without end', 'yes', ['--max-output', '1M'], 1, 'TOKA_OUTPUT_LIMIT'],
    ['kills the program that runs it', 'kill -9 $PPID; sleep 60', [], 1, 'TOKA_RUN_FAILED'],
    ['writes to the channel', 'echo garbage >&4', [], 1, 'CODE_THREW'],
    ['writes to the channel of the program that runs it', 'echo garbage > /proc/$PPID/fd/4', [], 1, 'TOKA_RUNTIME_FAILED'],
    ['gives a result that is none', 'mkfifo "$TOKA_RESULT"', [], 1, 'CODE_RESULT_INVALID'],
    ['gives a result that is too large', 'head -c 2000000 /dev/zero > "$TOKA_RESULT"', [], 1, 'CODE_RESULT_TOO_LARGE'],
  ])('that %s ends as that', async (_what, source, words, exit, code) => {
    const result = await shell(source, words);
    expect({ exit: result.exit, code: codeOf(result) }).toEqual({ exit, code });
  });

  test('that forks without end leaves nothing behind', async () => {
    const result = await shell('bomb() { bomb | bomb & }; bomb; wait; sleep 60', ['--timeout', '3s']);
    expect(['TOKA_PROCESS_LIMIT', 'TOKA_TIMED_OUT', 'TOKA_MEMORY_LIMIT', 'TOKA_RUN_FAILED']).toContain(codeOf(result));
  });

  test('cannot leave a process behind', async () => {
    expect(await shell('setsid sh -c "sleep 2; echo late" &\necho 1 > "$TOKA_RESULT"')).toMatchObject({ exit: 0, data: 1, output: '' });
  });

  test('cannot turn a parameter into code', async () => {
    here.write({ 'params.json': JSON.stringify({ name: '$(touch docs/made); `id`', BASH_ENV: 'docs/evil', x: '() { :; }; echo shocked' }) });
    expect(await shell('echo "$PARAM_NAME"', ['--params', 'params.json'])).toMatchObject({ exit: 0, output: '$(touch docs/made); `id`\n' });
  });
});
