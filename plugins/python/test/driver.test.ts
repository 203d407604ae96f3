import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallResult, CodeOrder } from '@toka/sdk';
import { describe, expect, test } from 'vitest';
import { drive, type DriverEnd, type DriverOptions } from '../../../test/support/driver.ts';
import { requireInterpreter } from '../src/lib/interpreter.ts';

const { program, version } = requireInterpreter(process.env);
const DRIVER = join(import.meta.dirname, '../driver/driver.py');
/** Older ones know lines only. */
const hasColumns = Number(version.split('.')[1]) >= 11;

const TOOLS = ['file_reader', 'failing'].map((alias) => ({ alias, name: `files/${alias.replace('_', '-')}`, summary: 'A tool', params: {} }));

/** Tools of which one gives back what it was given and the other fails. */
async function answer({ tool, params }: { readonly tool: string; readonly params: unknown }): Promise<CallResult> {
  if (tool === 'files/failing') return { runId: 'child', status: 'failed', output: '', error: { code: 'NOT_THERE', message: 'it is not there', hint: 'look elsewhere' } };
  return { runId: 'child', status: 'succeeded', output: '', data: params as never };
}

async function run(source: string, order: Partial<CodeOrder> = {}, options: DriverOptions = {}): Promise<DriverEnd> {
  return drive([program, '-I', '-B', '-X', 'utf8', DRIVER], { source, name: 'code.py', tools: TOOLS, ...order }, { answer, ...options });
}

async function resultOf(source: string, order?: Partial<CodeOrder>): Promise<unknown> {
  const { last, stderr } = await run(source, order);
  if (last?.type !== 'result') throw new Error(`no result: ${JSON.stringify(last)} ${stderr}`);
  return last['data'];
}

async function failureOf(source: string, order?: Partial<CodeOrder>): Promise<{ code: unknown; message: string; hint: unknown }> {
  const { last } = await run(source, order);
  expect(last).toMatchObject({ type: 'failure' });
  return last as never;
}

describe('a result', () => {
  test('is what the code returns, which sees its parameters', async () => {
    expect(await resultOf('return params["a"] + 1', { params: { a: 41 } })).toBe(42);
  });

  test('is null where the code returns nothing', async () => {
    expect(await resultOf('x = 1')).toBeNull();
    expect(await resultOf('')).toBeNull();
    expect(await resultOf('return')).toBeNull();
  });

  test('passes a bare except and runs what is final', async () => {
    expect(await resultOf('try:\n  return 1\nexcept:\n  return 2\nfinally:\n  print("done")')).toBe(1);
  });

  test.each([
    ['return {"a": [1, {"b": float("nan")}]}', 'result.a[1].b is nan'],
    ['return float("inf")', 'result is inf'],
    ['return {"x y": {1}}', "result['x y'] is of the type set"],
    ['a = []; a.append(a)\nreturn a', 'result[0] is inside itself'],
    ['a = []\nfor _ in range(300): a = [a]\nreturn a', 'nested deeper'],
    ['return 2 ** 60', 'result is an integer beyond'],
    ['return {1: 2}', 'result[1] is under a key of the type int'],
    ['return [b"x"]', 'result[0] is of the type bytes'],
  ])('that JSON cannot hold is refused with its path: %s', async (source, expected) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_RESULT_INVALID');
    expect(message).toContain(expected);
  });

  test('that was not awaited says so', async () => {
    const { last, stderr } = await run('async def main(): return 1\nreturn main()');
    expect(last).toMatchObject({ code: 'CODE_RESULT_INVALID', hint: 'put await before it' });
    expect(stderr).toBe('');
  });

  test('larger than the limit is refused', async () => {
    expect(await failureOf('return "x" * 2_000_000')).toMatchObject({ code: 'CODE_RESULT_TOO_LARGE' });
  });

  test('of any letters, tuples and kinds of numbers is JSON', async () => {
    expect(await resultOf('import enum\nclass N(enum.IntEnum): A = 1\nreturn ("é\\n\\u2028", N.A, 1.5, True, None, {"k": ()})')).toEqual(['é\n\u2028', 1, 1.5, true, null, { k: [] }]);
  });
});

describe('code', () => {
  test('is a module: its names are global, and it is __main__', async () => {
    const source = `
from __future__ import annotations
import dataclasses, pickle
from math import *
count: int = 3
@dataclasses.dataclass
class Point:
  x: Unknown = count
def bump():
  global count
  count += 1
  return floor(2.5), Point().x, Point.__qualname__
if __name__ == "__main__":
  last = [y := i for i in range(3)]
  return [bump(), count, y, type(pickle.loads(pickle.dumps(Point()))).__name__]
`;
    expect(await resultOf(source)).toEqual([[2, 3, 'Point'], 4, 2, 'Point']);
  });

  test('without a return at its top is a module in all respects', async () => {
    expect(await run('exec("made = 1")\nassert locals() is globals() and made == 1\nimport __main__\nassert __main__.made == 1\nx: int = 1\nassert "x" in globals()')).toMatchObject({ exitCode: 0 });
  });

  test.each([
    ['import asyncio\nawait asyncio.sleep(0)\nprint("slept")', 'slept\n'],
    ['import asyncio\nasync def main(): print("ran")\nasyncio.run(main())', 'ran\n'],
    ['async def all():\n  yield 1\nasync for one in all(): print(one)', '1\n'],
  ])('may be asynchronous or start its own loop: %j', async (source, stdout) => {
    expect(await run(source)).toMatchObject({ exitCode: 0, stdout });
  });

  test.each([true, false])('ends as Python does, whether it was kept ready or not: %s', async (warm) => {
    const source = `
import atexit, os, threading, time
class Last:
  def __del__(self): print("deleted")
last = Last()
last.itself = last
atexit.register(print, "left")
file = open(params["file"], "w")
file.write("kept")
threading.Thread(target=lambda: (time.sleep(0.2), print("waited for"))).start() if params["threads"] else None
`;
    using here = mkdtempDisposableSync(join(tmpdir(), 'toka-python-'));
    for (const threads of [true, false]) {
      const file = join(here.path, String(threads));
      const { stdout, exitCode } = await run(source, { params: { file, threads } }, { warm });
      expect({ stdout, exitCode, kept: readFileSync(file, 'utf8') }).toEqual({ stdout: `${threads ? 'waited for\n' : ''}left\ndeleted\n`, exitCode: 0, kept: 'kept' });
    }
  });

  test('starts at once where its order is there, and is ready beforehand where it waits', async () => {
    expect((await run('return 1')).lines.map(({ type }) => type)).toEqual(['result']);
    expect((await run('return 1', {}, { warm: true })).lines.map(({ type }) => type)).toEqual(['ready', 'result']);
  });

  test('prints line by line', async () => {
    const { stdout, stderr } = await run('import sys\nprint("é")\nprint("no", file=sys.stderr)');
    expect({ stdout, stderr }).toEqual({ stdout: 'é\n', stderr: 'no\n' });
  });

  test('reads its standard input', async () => {
    expect((await run('return input()', {}, { input: 'given\n' })).last).toMatchObject({ data: 'given' });
  });

  test('that was forked has one result', async () => {
    expect((await run('import os\nreturn os.fork() > 0')).lines).toEqual([{ type: 'result', data: true }]);
  });

  test('starts programs that have no part in the channel', async () => {
    const found = await resultOf('import os, subprocess\nreturn subprocess.run(["sh", "-c", "ls -l /proc/self/fd"], capture_output=True, text=True, close_fds=False).stdout');
    expect(String(found)).not.toMatch(/ [34] -> (?:socket|pipe)/);
  });

  test.each([
    ['import sys\nsys.exit(3)', 3, ''],
    ['import sys\nsys.exit()', 0, ''],
    ['import sys\nsys.exit("bad")', 1, 'bad\n'],
    ['import os\nos._exit(4)', 4, ''],
  ])('ends with its own exit code and no result: %j', async (source, exitCode, stderr) => {
    expect(await run(source)).toMatchObject({ last: undefined, exitCode, stderr });
  });
});

describe('an error', () => {
  test('is told with its place, and its traceback shows the code alone', async () => {
    const { last, stderr, exitCode } = await run('def f():\n  é = 1; return 1 / 0\nf()');
    expect({ last, exitCode }).toMatchObject({ exitCode: 1, last: { code: 'CODE_THREW', message: `ZeroDivisionError: division by zero (code.py:2${hasColumns ? ':17' : ''})` } });
    expect(stderr).toMatch(/^Traceback .*\n {2}File "code.py", line 3, in <module>\n/);
    expect(stderr).not.toContain('driver.py');
  });

  test('inside asyncio shows neither its loop nor the driver', async () => {
    const { stderr } = await run('import asyncio\nasync def f(): raise ValueError("v")\nawait asyncio.gather(f())\nreturn 1');
    expect(stderr).toMatch(/^Traceback .*\n {2}File "code.py", line 3, in <module>\n/);
    expect(stderr).not.toMatch(/driver\.py|runners\.py/);
  });

  test.each([
    ['raise BaseException("b")', 'BaseException: b'],
    ['class E(Exception):\n  def __str__(self): raise ValueError\nraise E()', 'E'],
    ['def f(): return f()\nf()', 'RecursionError'],
    ['raise ExceptionGroup("many", [ValueError("v")])', hasColumns ? 'ExceptionGroup: many' : 'NameError'],
  ])('of any kind is told: %j', async (source, expected) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_THREW');
    expect(message).toContain(expected);
  });

  test.each([
    ['x = 1\nif x\n  y = 2', /code\.py:2:\d+/],
    ['x = 1\nyield x', /code\.py:2:1/],
    ['class A:\n  return 1', /code\.py:2:3/],
    ['x = "\0"', /code\.py/],
    ['('.repeat(5000), /code\.py/],
    ['def f():\n  await x', /code\.py:2:3/],
  ])('of syntax is told with its place: %j', async (source, place) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_SYNTAX');
    expect(message).toMatch(place);
  });
});

describe('tools', () => {
  test('are called with keywords or an object, many at once', async () => {
    const source = 'import asyncio\nreturn await asyncio.gather(tools.file_reader({"path": "a"}), *(tools.file_reader(path=str(i)) for i in range(20)))';
    expect(await resultOf(source)).toEqual([{ path: 'a' }, ...Array.from({ length: 20 }, (_, at) => ({ path: String(at) }))]);
  });

  test('are called from threads and from loops of the code', async () => {
    const source = `
import asyncio, threading
found = []
def work(n): found.append(asyncio.run(tools.file_reader(n=n))["n"])
threads = [threading.Thread(target=work, args=[n]) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
return sorted(found)
`;
    expect(await resultOf(source)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('give their output where they have no data', async () => {
    const { last } = await run('return await tools.file_reader()', {}, { answer: async () => ({ runId: 'child', status: 'succeeded', output: 'text' }) });
    expect(last).toMatchObject({ data: 'text' });
  });

  test('raise an error with its code, hint and run', async () => {
    const source = 'try:\n  await tools.failing()\nexcept ToolError as e:\n  return [e.code, str(e), e.message, e.hint, e.runId]';
    expect(await resultOf(source)).toEqual(['NOT_THERE', 'it is not there', 'it is not there', 'look elsewhere', 'child']);
  });

  test('that fail end the code with their hint', async () => {
    expect(await failureOf('await tools.failing()')).toMatchObject({ code: 'CODE_THREW', hint: 'look elsewhere', message: expect.stringContaining('it is not there') });
  });

  test('that are not there are named with the nearest', async () => {
    expect(await resultOf('try:\n  tools.file_raeder\nexcept ToolError as e:\n  return [e.code, e.hint, hasattr(tools, "no"), dir(tools)]')).toEqual([
      'CODE_TOOL_UNKNOWN',
      'did you mean tools.file_reader?',
      false,
      ['failing', 'file_reader'],
    ]);
  });

  test.each([
    ['tools.file_reader(x=float("nan"))', 'CODE_PARAMS_INVALID'],
    ['tools.file_reader(x="x" * 2_000_000)', 'CODE_PARAMS_TOO_LARGE'],
  ])('are not called with what cannot be passed: %s', async (call, code) => {
    const { lines } = await run(`try:\n  await ${call}\nexcept ToolError as e:\n  return e.code`);
    expect(lines).toEqual([{ type: 'result', data: code }]);
  });

  test('that are waited for when the run is cancelled end with it', async () => {
    const { last, exitCode } = await run('await tools.file_reader()', {}, { cancelAt: 'call' });
    expect({ last, exitCode }).toEqual({ last: undefined, exitCode: 130 });
  });

  test('are given parameters of a megabyte', async () => {
    expect(await resultOf('return len((await tools.file_reader(x="é" * 500_000))["x"])')).toBe(500_000);
  });
});
