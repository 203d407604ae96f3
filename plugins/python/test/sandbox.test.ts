import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../../test/support/cli.ts';
import { type CodeRun, codeOf, runCode } from '../../../test/support/code.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'one\n', 'docs/b.md': 'two\n', 'secret/key.txt': 'CANARY' });
});
afterEach(() => here[Symbol.dispose]());

const python = async (source: string, words?: readonly string[]): Promise<CodeRun> => runCode(here, 'python', source, words);

describe('Python in the sandbox', () => {
  test('is given parameters, prints, and gives its result', async () => {
    expect(await python('print("working")\nreturn {"sum": params["a"] + params["b"]}', ['--param', 'a=1', '--param', 'b=2'])).toMatchObject({
      exit: 0,
      tool: 'code/python',
      output: 'working\n',
      data: { sum: 3 },
    });
  });

  test('is chosen by the ending of the file', async () => {
    here.write({ 'add.py': 'return 1 + 1' });
    expect(await here.json(['code', 'run', 'add.py'])).toMatchObject({ exit: 0, data: 2 });
  });

  test.runIf(process.platform === 'linux')('is refused where its folder for environments cannot be made', async () => {
    here.write({ 'add.py': 'return 1 + 1' });
    const { error, exit } = await here.json(['code', 'run', 'add.py'], { env: { XDG_DATA_HOME: '/proc/none' } });
    expect([exit, error?.code]).toEqual([69, 'TOKA_STATE_UNAVAILABLE']);
  });

  test('prints while it runs', async () => {
    const { child, ended, said } = here.start(['code', 'run', '--language', 'python', '-'], { input: 'print("begun")\nimport time\ntime.sleep(60)' });
    await said('begun');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  test('sees what was granted and nothing else', async () => {
    const source = `
def read(path):
  try: return open(path).read()
  except OSError as error: return type(error).__name__
return [read("docs/a.md"), read("secret/key.txt"), read("/etc/shadow")]`;
    expect(await python(source, ['--allow', 'fs:read:docs/**'])).toMatchObject({ exit: 0, data: ['one\n', 'FileNotFoundError', 'FileNotFoundError'] });
  });

  test('imports what lies in a granted working folder', async () => {
    here.write({ 'helper.py': 'answer = 42\n' });
    expect(await python('import helper\nreturn helper.answer', ['--allow', 'fs:read:**'])).toMatchObject({ exit: 0, data: 42 });
  });

  test('keeps files that it writes for its caller', async () => {
    const { artifacts, exit } = await python('import os\nopen(os.environ["TOKA_ARTIFACTS"] + "/table.csv", "w").write("a,b\\n")', ['--artifacts', 'out']);
    expect({ artifacts, exit, table: here.read('out/table.csv') }).toEqual({ artifacts: ['table.csv'], exit: 0, table: 'a,b\n' });
  });

  test('calls tools, many at once, each as a run below its own', async () => {
    const source = `
import asyncio
found = await asyncio.gather(*(tools.file_reader(path=f"docs/{name}.md") for name in ("a", "b")))
return [each["content"] for each in found]`;
    const result = await python(source, ['--allow', 'tool:call:files/file-reader', '--allow', 'fs:read:docs/**']);
    expect(result).toMatchObject({ exit: 0, data: ['one\n', 'two\n'] });
    const { runs } = await here.json<CodeRun & { runs: { tool: string }[] }>(['runs', 'list']);
    expect(runs.map(({ tool }) => tool).toSorted()).toEqual(['code/python', 'files/file-reader', 'files/file-reader']);
  });

  test('cannot call a tool beyond its rights', async () => {
    const source = 'try:\n  return await tools.file_reader(path="secret/key.txt")\nexcept ToolError as error:\n  return error.code';
    expect(await python(source, ['--allow', 'tool:call:files/file-reader', '--allow', 'fs:read:docs/**'])).toMatchObject({ exit: 0, data: 'TOKA_CAPABILITY_DENIED' });
  });

  test('reads a parameter of a megabyte', async () => {
    here.write({ 'params.json': JSON.stringify({ text: 'é'.repeat(500_000) }) });
    expect(await python('return len(params["text"])', ['--params', 'params.json'])).toMatchObject({ exit: 0, data: 500_000 });
  });

  test('has threads, processes and temporary files', async () => {
    const source = `
import concurrent.futures, subprocess, sys, tempfile
with concurrent.futures.ThreadPoolExecutor() as pool: squares = list(pool.map(lambda n: n * n, range(4)))
with tempfile.NamedTemporaryFile("w+") as file:
  file.write("kept"); file.flush()
  child = subprocess.run([sys.executable, "-c", f"print(open('{file.name}').read())"], capture_output=True, text=True, check=True)
return [squares, child.stdout]`;
    expect(await python(source, ['--memory', '256M'])).toMatchObject({ exit: 0, data: [[0, 1, 4, 9], 'kept\n'] });
  });

  test('is refused with a hint where there is no Python', async () => {
    here.write({ 'code.py': 'return 1' });
    expect(await here.json(['code', 'run', 'code.py'], { env: { PATH: here.base } })).toMatchObject({ exit: 69, error: { code: 'TOKA_RUNTIME_UNAVAILABLE', hint: expect.stringContaining('apt install') } });
  });
});

describe('hostile Python', () => {
  test.each([
    ['loops for ever', 'while True: pass', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['waits for ever', 'import asyncio\nawait asyncio.Event().wait()', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['leaves a thread that never ends', 'import threading\nthreading.Thread(target=threading.Event().wait).start()\nreturn 1', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['ignores being asked to end', 'import signal\nsignal.signal(15, signal.SIG_IGN)\nwhile True: pass', ['--timeout', '2s'], 124, 'TOKA_TIMED_OUT'],
    ['prints without end', 'while True: print("x" * 10_000)', ['--max-output', '1M'], 1, 'TOKA_OUTPUT_LIMIT'],
    ['breaks the protocol', 'import os\nos.write(4, b"garbage\\n")', [], 1, 'TOKA_RUNTIME_FAILED'],
    ['writes a line without end', 'import os\nwhile True: os.write(4, b"x" * 1_000_000)', [], 1, 'TOKA_RUNTIME_FAILED'],
    ['gives two results', 'import os, time\nos.write(4, b\'{"type":"result","data":1}\\n{"type":"result","data":2}\\n\')\ntime.sleep(1)', [], 1, 'TOKA_RUNTIME_FAILED'],
    ['closes the channel', 'import os\nos.close(4)\nreturn 1', [], 1, 'TOKA_RUN_FAILED'],
    ['ends itself by a signal', 'import os\nos.kill(os.getpid(), 9)', [], 1, 'TOKA_RUN_FAILED'],
    ['reads null pointers', 'import ctypes\nctypes.string_at(0)', [], 1, 'TOKA_RUN_FAILED'],
    ['returns what is too large', 'return "x" * 2_000_000', [], 1, 'CODE_RESULT_TOO_LARGE'],
  ])('that %s ends as that', async (_what, source, words, exit, code) => {
    const result = await python(source, words);
    expect({ exit: result.exit, code: codeOf(result) }).toEqual({ exit, code });
  });

  test('that takes memory without end is ended', async () => {
    const result = await python('taken = []\nwhile True: taken.append(bytearray(1 << 20))');
    // By the sandbox, or by Python where it is told first that there is no more.
    expect(['TOKA_MEMORY_LIMIT', 'CODE_THREW']).toContain(codeOf(result));
  });

  test('that forks without end leaves nothing behind', async () => {
    const result = await python('import os\nwhile True:\n  try: os.fork()\n  except OSError: pass', ['--timeout', '3s']);
    expect(['TOKA_PROCESS_LIMIT', 'TOKA_TIMED_OUT', 'TOKA_MEMORY_LIMIT']).toContain(codeOf(result));
  });

  test('cannot leave a process behind', async () => {
    expect(await python('import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(2)\n  print("late")\n  os._exit(0)\nreturn 1')).toMatchObject({ exit: 0, data: 1, output: '' });
  });

  test('cannot end what it was started by', async () => {
    const source = 'import os\nfor pid in (os.getppid(), 1):\n  try: os.kill(pid, 9)\n  except OSError: pass\nreturn "alive"';
    const result = await python(source);
    expect([0, 1]).toContain(result.exit);
    expect(await python('return 1')).toMatchObject({ exit: 0 });
  });

  test('gains nothing by calls that it forges', async () => {
    const source = 'try:\n  return await tools._Tools__calls.call("files/file-reader", {"path": "secret/key.txt"})\nexcept ToolError as error:\n  return error.code';
    expect(await python(source)).toMatchObject({ exit: 0, data: 'TOKA_CAPABILITY_DENIED' });
  });
});
