import { afterAll, describe, expect, test } from 'vitest';
import { failureOf, javascript, runCode, valueOf } from './support/code.ts';

afterAll(async () => javascript.close?.());

const SHORT = { timeoutMs: 300 };

/** The next run of the same process is as good as any. */
async function goesOn(): Promise<void> {
  expect(await valueOf('return tools.add({ a: 20, b: 22 })')).toBe(42);
}

describe('what takes too long is ended', () => {
  test.each([
    ['a loop', 'for (;;);'],
    ['a loop after an await', 'await tools.add({ a: 1, b: 1 }); for (;;);'],
    ['a loop that catches', 'for (;;) try { for (;;); } catch {}'],
    ['a loop in finally', 'try { for (;;); } finally { for (;;); }'],
    ['promises that follow one another', 'const next = () => Promise.resolve().then(next); await next()'],
    ['microtasks that follow one another', 'const next = () => queueMicrotask(next); next(); await new Promise((resolve) => setTimeout(resolve, 10_000))'],
    ['a recursion that catches', 'const again = () => { try { again() } catch { again() } }; again()'],
    ['a loop in native code', 'return new Array(2 ** 28).join("")'],
    ['a regular expression that backtracks', 'return /^(a+)+$/.test("a".repeat(50) + "b")'],
    ['a loop in a getter of the result', 'return { get a() { for (;;); } }'],
    ['a loop in toJSON', 'return { toJSON() { for (;;); } }'],
    ['a loop in a parameter', 'await tools.echo({ get a() { for (;;); } })'],
    ['a loop in the stack of an error', 'throw Object.defineProperty(new Error("x"), "stack", { get() { for (;;); } })'],
    ['a loop in Error.prepareStackTrace', 'Error.prepareStackTrace = () => { for (;;); }; throw new Error("x")'],
    ['a loop in a thenable', 'return { then() { for (;;); } }'],
    ['a timer that sets a timer', 'const next = () => setTimeout(next, 1); next(); await new Promise(() => {})'],
    ['a timer for a year', 'await new Promise((resolve) => setTimeout(resolve, 3e10))'],
    ['a sort that never ends', '[3, 2, 1].sort(() => { for (;;); })'],
  ])('%s', async (_what, source) => {
    expect(await failureOf(source, { limits: SHORT })).toMatchObject({ code: 'CODE_TIMEOUT', stopped: 'timeout' });
    await goesOn();
  });

  test('what waits for tools does not count', async () => {
    expect(await valueOf('await tools.slow({ ms: 700 }); return 1', { limits: SHORT })).toBe(1);
  });

  test('what is computed between tools adds up', async () => {
    const source = 'const spend = (ms) => { const end = Date.now() + ms; while (Date.now() < end); }; for (let i = 0; i < 20; i++) { spend(50); await tools.add({ a: 1, b: 1 }) }';
    expect(await failureOf(source, { limits: SHORT })).toMatchObject({ stopped: 'timeout' });
  });

  test('what can never go on ends at once', async () => {
    expect((await failureOf('await new Promise(() => {})', { limits: { timeoutMs: 3_600_000 } })).code).toBe('CODE_NEVER_SETTLED');
    await goesOn();
  });

  test('a run that is cancelled ends, computing or waiting', async () => {
    for (const source of ['for (;;);', 'await tools.slow({ ms: 100_000 })']) {
      const cancelled = failureOf(source, { signal: AbortSignal.timeout(100), limits: { timeoutMs: 3_600_000 } });
      expect(await cancelled).toMatchObject({ code: 'CODE_CANCELLED', stopped: 'cancelled' });
    }
    await goesOn();
  });
});

describe('what is cancelled', () => {
  test('a run that waits for its turn ends at once', async () => {
    const controllers = Array.from({ length: 40 }, () => new AbortController());
    const runs = controllers.map(async ({ signal }) => failureOf('await tools.slow({ ms: 1_000_000 })', { signal }));
    controllers.at(-1)?.abort();
    expect(await runs.at(-1)).toMatchObject({ code: 'CODE_CANCELLED' });
    for (const controller of controllers) controller.abort();
    await Promise.all(runs);
    await goesOn();
  });
});

describe('what takes too much memory is ended', () => {
  test.each([
    ['lists', 'const all = []; for (;;) all.push(new Array(1000).fill(all.length))'],
    ['texts', 'const all = []; for (;;) all.push("x".repeat(100_000) + all.length)'],
    ['a text that doubles', 'let text = "xy"; for (;;) text = (text + text + text.length).split("").join("")'],
    ['buffers', 'const all = []; for (;;) all.push(new ArrayBuffer(1_000_000))'],
    ['maps', 'const all = new Map(); for (;;) all.set({}, new Map([[1, 2]]))'],
    ['closures', 'let last = () => 0; for (;;) { const before = last; last = () => before }'],
    ['matches', 'const all = []; for (;;) all.push(/(.*)(.*)/.exec("x".repeat(100_000)))'],
    ['JSON', 'let value = [1]; for (;;) value = JSON.parse(JSON.stringify([value, value]))'],
    ['promises', 'const all = []; for (;;) all.push(new Promise(() => {}))'],
    ['generators', 'const all = []; function* one() { yield "x".repeat(1000) } for (;;) { const each = one(); each.next(); all.push(each) }'],
    ['big numbers', 'let big = 3n; for (;;) big *= big'],
  ])('%s', async (_what, source) => {
    const { result } = await runCode(source, { limits: { timeoutMs: 20_000 } });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.stopped === 'memory' || result.stopped === 'timeout' || result.failure.message.includes('RangeError')).toBe(true);
    await goesOn();
  });

  test('one value of a gigabyte', async () => {
    const { code } = await failureOf('return "x".repeat(2 ** 30)');
    expect(['CODE_MEMORY', 'CODE_THREW', 'CODE_RESULT_TOO_LARGE']).toContain(code);
    const { code: bytes } = await failureOf('return new Uint8Array(2 ** 30).length');
    expect(['CODE_MEMORY', 'CODE_THREW']).toContain(bytes);
  });

  test('memory that was given back can be used again', async () => {
    expect(await valueOf('for (let i = 0; i < 400; i++) new Uint8Array(1_000_000); return 1')).toBe(1);
  });

  test('a deep recursion is an error of the code', async () => {
    expect((await failureOf('const down = (n) => down(n + 1) + 1; down(0)')).code).toBe('CODE_THREW');
    await goesOn();
  });
});

describe('what breaks the interpreter breaks nothing else', () => {
  test.each([
    ['a source that is nested too deeply', 'return eval("(".repeat(200_000) + "1" + ")".repeat(200_000))'],
    ['calls of itself in try and finally', 'async function again() { try { await again() } finally { await again() } } await again()'],
    ['JSON that is nested too deeply', 'return JSON.parse("[".repeat(1_000_000))'],
    ['a list that is nested too deeply', 'let a = []; for (let i = 0; i < 100_000; i++) a = [a]; return String(a)'],
    ['a chain of Proxies', 'let a = {}; for (let i = 0; i < 100_000; i++) a = new Proxy(a, {}); return a.x'],
    ['a list in itself', 'const a = []; a.push(a); return a.flat(Infinity)'],
    ['a getter of itself', 'const a = { get b() { return this.b } }; return a.b'],
  ])('%s', async (_what, source) => {
    const { result } = await runCode(source);
    expect(result.ok).toBe(false);
    await goesOn();
  });
});

describe('floods', () => {
  test('of lines', async () => {
    const { result, stdout } = await runCode('for (;;) console.log("")', { limits: { maxOutput: 50_000 } });
    expect(result).toMatchObject({ stopped: 'output' });
    expect(stdout.length).toBe(50_000);
  });

  test('of lines on both streams in turn', async () => {
    const { result, stdout, stderr } = await runCode('for (;;) { console.log("a"); console.error("b") }', { limits: { maxOutput: 50_000 } });
    expect(result).toMatchObject({ stopped: 'output' });
    expect(stdout.length + stderr.length).toBe(50_000);
  });

  test('of lines that are caught', async () => {
    expect((await runCode('for (;;) try { console.log("x".repeat(1e6)) } catch {}')).result).toMatchObject({ stopped: 'output' });
  });

  test('of timers', async () => {
    expect(await valueOf('let set = 0; try { for (;;) { setTimeout(() => {}, 1000); set += 1 } } catch (error) { return [error.code, set] }')).toEqual(['CODE_TOO_MANY_TIMERS', 1000]);
  });

  test('of calls that nobody awaits', async () => {
    const { result, calls } = await runCode('const codes = new Set(); const all = []; for (let i = 0; i < 5000; i++) all.push(tools.add({ a: i, b: i }).catch((error) => codes.add(error.code))); await Promise.all(all); return [...codes]');
    expect(result).toEqual({ ok: true, data: ['CODE_TOO_MANY_CALLS'] });
    expect(calls.length).toBe(100);
  });

  test('of calls with much in each', async () => {
    const source = 'let refused = 0; await Promise.all(Array.from({ length: 25 }, () => tools.echo({ text: "x".repeat(900_000) }).then(() => {}, () => { refused += 1 }))); return refused > 0';
    expect(await valueOf(source)).toBe(true);
  });
});

describe('what is thrown or returned to confuse', () => {
  test.each([
    ['an error without anything', 'throw Object.setPrototypeOf(new Error("x"), null)'],
    ['an error whose message is no text', 'throw Object.assign(new Error(), { message: { toString() { throw 1 } } })'],
    ['an error whose parts throw', 'throw new Proxy(new Error("x"), { get() { throw new Error("y") }, getPrototypeOf() { throw new Error("z") } })'],
    ['a function', 'throw () => 1'],
    ['itself', 'const a = {}; a.a = a; throw a'],
    ['a text without end', 'throw new Error("x".repeat(5_000_000))'],
    ['a stack that lies', 'throw Object.assign(new Error("x"), { stack: "    at evil (/etc/passwd:1:1)\\n".repeat(1000) })'],
    ['through a changed Object.prototype', 'Object.prototype.toJSON = () => 7; throw new Error("x")'],
    ['through a toJSON that tells nothing', 'Object.prototype.toJSON = () => undefined; throw new Error("x")'],
    ['through a changed String.prototype', 'String.prototype.slice = () => ({}); throw new Error("x")'],
    ['through a changed Object', 'Object.defineProperty = Object.assign = Object.entries = () => { throw 1 }; throw new Error("x")'],
  ])('%s is told as a failure', async (_what, source) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_THREW');
    expect(message.length).toBeLessThan(10_000);
    expect(message).not.toContain('/etc/passwd');
    await goesOn();
  });

  test.each([
    ['a Proxy', 'return new Proxy({ a: 1 }, {})', { a: 1 }],
    ['a getter', 'return { get a() { return 1 } }', { a: 1 }],
    ['a thenable', 'return { then(resolve) { resolve(1) } }', 1],
    ['a changed Array.prototype', 'Array.prototype.push = Array.prototype.includes = Array.prototype.at = undefined; return 1', 1],
    ['changed promises', 'Promise.prototype.then = () => { throw 1 }; Promise.resolve = null; return 1', 1],
    ['changed JSON', 'JSON.stringify = () => "{}"; JSON.parse = () => { throw 1 }; return [await tools.add({ a: 1, b: 1 })]', [2]],
    ['a result and then another', 'setTimeout(() => {}, 1); return 1', 1],
  ])('%s is what it says', async (_what, source, value) => {
    expect(await valueOf(source)).toEqual(value);
    await goesOn();
  });

  test('a key __proto__ in parameters reaches no tool', async () => {
    const { calls } = await runCode('await tools.echo(JSON.parse(\'{"a":{"__proto__":{"isAdmin":true}},"constructor":{"prototype":{"isAdmin":true}}}\'))');
    expect(JSON.stringify(calls)).not.toContain('isAdmin');
    expect(Object.keys(calls[0]?.params ?? {})).toEqual(['a']);
  });

  test('what one run changes is gone in the next', async () => {
    await valueOf('globalThis.left = 1; Array.prototype.left = 2; Object.prototype.left = 3; tools.left; params.left = 4; return 1');
    expect(await valueOf('return [typeof left, [].left === undefined, {}.left === undefined, params]')).toEqual(['undefined', true, true, {}]);
  });

  test('a thousand runs at once all answer', async () => {
    const all = await Promise.all(Array.from({ length: 1000 }, async (_, at) => valueOf('return params.at', { params: { at } })));
    expect(all).toEqual(Array.from({ length: 1000 }, (_, at) => at));
  });

  test('runs end when the runtime is closed and start again', async () => {
    await javascript.close?.();
    expect(await valueOf('return 1')).toBe(1);
  });
});
