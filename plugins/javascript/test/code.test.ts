import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { failureOf, javascript, runCode, valueOf } from './support/code.ts';
import { anyCharacter } from '../../../test/support/any-character.ts';

afterAll(async () => javascript.close?.());

describe('isolates are all made of the same image', () => {
  test('their random numbers are not the same', async () => {
    const numbers = await Promise.all(Array.from({ length: 20 }, () => valueOf('return [Math.random(), Math.random()]')));
    expect(new Set(numbers.flat()).size).toBe(40);
  });

  test('their clocks show the time', async () => {
    const [date, since] = (await valueOf('return [Date.now(), performance.now()]')) as [number, number];
    expect(Math.abs(date - Date.now())).toBeLessThan(60_000);
    expect(since).toBeGreaterThanOrEqual(0);
    expect(since).toBeLessThan(600_000);
  });
});

describe('results', () => {
  test('what is returned at the top level is the result', async () => {
    expect(await valueOf('return { sum: 1 + 2 }')).toEqual({ sum: 3 });
  });

  test('await works at the top level', async () => {
    expect(await valueOf('return await Promise.resolve([1])')).toEqual([1]);
  });

  test('nothing returned is null', async () => {
    expect(await valueOf('1 + 1')).toBeNull();
    expect(await valueOf('return undefined')).toBeNull();
    expect(await valueOf('return { toJSON() {} }')).toBeNull();
  });

  test('a date is its text, as in JSON', async () => {
    expect(await valueOf('return [new Date(0)]')).toEqual(['1970-01-01T00:00:00.000Z']);
  });

  test('the same object may be there twice', async () => {
    expect(await valueOf('const shared = { a: 1 }; return [shared, { shared }]')).toEqual([{ a: 1 }, { shared: { a: 1 } }]);
  });

  test('any JSON value that is given as a parameter comes back equal', async () => {
    const key = fc.string().filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.string({ unit: anyCharacter }), fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)), fc.boolean(), fc.constant(null), fc.array(tie('value')), fc.dictionary(key, tie('value'))),
    }));
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        const json = JSON.parse(JSON.stringify(given)) as never;
        expect(await valueOf('return params.given', { params: { given: json } })).toEqual(json);
        expect(await valueOf('return (await tools.echo({ given: params.given })).given', { params: { given: json } })).toEqual(json);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['a BigInt', 'return { list: [0, { deep: 1n }] }', 'the result.list[0+1].deep'],
    ['a cycle', 'const a = {}; a.b = { a }; return a', 'the result.b.a'],
    ['a function', 'return { run() {} }', 'the result.run'],
    ['NaN', 'return [NaN]', 'the result[0]'],
    ['a symbol', 'return { of: Symbol("x") }', 'the result.of'],
    ['a Map, which JSON would make empty', 'return { "two words": new Map() }', 'the result["two words"]'],
    ['bytes', 'return new Uint8Array(3)', 'the result'],
  ])('%s is refused with its path', async (_what, source, path) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_RESULT_INVALID');
    expect(message).toContain(path.replace('0+1', '1'));
  });

  test('what is nested too deeply is refused', async () => {
    expect((await failureOf('let a = []; for (let i = 0; i < 300; i++) a = [a]; return a')).code).toBe('CODE_RESULT_INVALID');
    expect((await failureOf('let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a')).code).toBe('CODE_RESULT_INVALID');
  });

  test('a result beyond its limit is refused', async () => {
    expect((await failureOf('return "x".repeat(2000)', { limits: { maxValue: 1000 } })).code).toBe('CODE_RESULT_TOO_LARGE');
    expect((await failureOf('return "é".repeat(600)', { limits: { maxValue: 1000 } })).code).toBe('CODE_RESULT_TOO_LARGE');
  });

  test('keys that lead to prototypes are dropped, and that is said', async () => {
    const { result, logs } = await runCode('return JSON.parse(\'{"__proto__":{"isAdmin":true},"kept":1,"deep":[{"constructor":{"prototype":1}}]}\')');
    expect(result).toEqual({ ok: true, data: { kept: 1, deep: [{}] } });
    expect(logs.length).toBeGreaterThan(0);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

describe('tools', () => {
  test('a call resolves to the data of the tool', async () => {
    const { result, calls } = await runCode('return await tools.add({ a: 1, b: 2 })');
    expect(result).toEqual({ ok: true, data: 3 });
    expect(calls).toEqual([{ tool: 'math/add', params: { a: 1, b: 2 } }]);
  });

  test('a tool without data resolves to its output', async () => {
    expect(await valueOf('return tools.text()')).toBe('plain text');
  });

  test('calls run at once', async () => {
    expect(await valueOf('return Promise.all([1, 2, 3].map((a) => tools.add({ a, b: a })))')).toEqual([2, 4, 6]);
  });

  test('a failed call rejects with its code, message, hint and run', async () => {
    const source = 'try { await tools.fail() } catch (error) { return [error instanceof Error, error.code, error.message, error.hint, error.runId] }';
    expect(await valueOf(source)).toEqual([true, 'DISK_FULL', 'no space is left', 'remove something', 'run-3']);
  });

  test('an unknown name rejects and tells the nearest', async () => {
    const { code, message } = (await valueOf('try { await tools.ad({}) } catch ({ code, message }) { return { code, message } }')) as { code: string; message: string };
    expect(code).toBe('CODE_TOOL_UNKNOWN');
    expect(message).toContain('add');
  });

  test('an error inside of toka tells nothing of it', async () => {
    const told = JSON.stringify(await valueOf('try { await tools.throw() } catch (error) { return [error.code, error.message, error.stack, String(error.hint)] }'));
    expect(told).toContain('CODE_CALL_FAILED');
    expect(told).not.toMatch(/secret|\/plugins\/|node:/);
  });

  test('tools is frozen and has no prototype', async () => {
    const source = "let thrown; try { tools.add = 1 } catch (error) { thrown = error.name } return [thrown, Object.isFrozen(tools), Object.getPrototypeOf(tools), Object.keys(tools).includes('add'), 'then' in tools, typeof tools.then]";
    expect(await valueOf(source)).toEqual(['TypeError', true, null, true, false, 'undefined']);
  });

  test.each([
    ['no object', 'tools.add(5)'],
    ['a list', 'tools.add([])'],
    ['a BigInt', 'tools.add({ a: 1n })'],
    ['a cycle', 'tools.add((() => { const a = {}; a.a = a; return a })())'],
  ])('parameters that are %s are refused', async (_what, call) => {
    expect(await valueOf(`try { await ${call} } catch (error) { return error.code }`)).toBe('CODE_PARAMS_INVALID');
  });

  test('parameters and answers beyond their limit are refused', async () => {
    expect(await valueOf('try { await tools.echo({ a: "x".repeat(2000) }) } catch (error) { return error.code }', { limits: { maxValue: 1000 } })).toBe('CODE_PARAMS_TOO_LARGE');
    expect(await valueOf('try { await tools.huge() } catch (error) { return [error.code, error.runId] }')).toEqual(['CODE_ANSWER_TOO_LARGE', 'run-2']);
  });

  test('there is a limit of calls', async () => {
    const source = 'let made = 0; try { for (;;) { await tools.add({ a: 1, b: 1 }); made += 1 } } catch (error) { return [error.code, made] }';
    expect(await valueOf(source, { limits: { maxCalls: 7 } })).toEqual(['CODE_TOO_MANY_CALLS', 7]);
  });

  test('code in tools that code calls never waits for the code that called it', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, async () => valueOf('return tools.nest({ depth: 3 })')));
    expect(all).toEqual(Array.from({ length: 20 }, () => 3));
  });

  test('what is called and not awaited does not hold the result back', async () => {
    expect(await valueOf('tools.slow({ ms: 2000 }); return 1')).toBe(1);
  });
});

describe('output', () => {
  test('log, info and debug go to stdout, warn and error to stderr', async () => {
    const { stdout, stderr } = await runCode('console.log("a"); console.info("b"); console.debug("c"); console.warn("d"); console.error("e")');
    expect([stdout, stderr]).toEqual(['a\nb\nc\n', 'd\ne\n']);
  });

  test('values are shown as Node.js shows them', async () => {
    const { stdout } = await runCode('console.log("%s has %d", "a", 2, { a: [1, "x"], b: null }, new Map([[1, { c: true }]]), 10n, undefined, Symbol("s"), () => 1, class A {}, "plain")');
    expect(stdout).toBe("a has 2 { a: [ 1, 'x' ], b: null } Map(1) { 1 => { c: true } } 10n undefined Symbol(s) [Function (anonymous)] [class A] plain\n");
  });

  test('text of any letters comes out as it was', async () => {
    expect((await runCode(String.raw`console.log("null \u0000 é € 😀")`)).stdout).toBe('null \u0000 é € 😀\n');
  });

  test('output streams while the code runs', async () => {
    const ran = runCode('console.log("first"); await tools.slow({ ms: 50 }); console.log("second")');
    expect((await ran).stdout).toBe('first\nsecond\n');
  });

  test('what was printed before a loop is there when the run is cancelled', async () => {
    const controller = new AbortController();
    const { stdout, result } = await runCode('console.log("a"); console.log("b"); for (;;);', { signal: controller.signal, onOutput: (text) => text.includes('b') && controller.abort() });
    expect(stdout).toBe('a\nb\n');
    expect(result).toMatchObject({ stopped: 'cancelled' });
  });

  test('output beyond its limit ends the code', async () => {
    const { result, stdout } = await runCode('for (;;) console.log("x".repeat(500))', { limits: { maxOutput: 10_000 } });
    expect(result).toMatchObject({ ok: false, stopped: 'output', failure: { code: 'CODE_OUTPUT_TOO_LARGE' } });
    expect(stdout.length).toBe(10_000);
  });

  test('an artifact is kept as text or bytes', async () => {
    const { artifacts } = await runCode('artifact("a.txt", "é"); artifact("b.bin", new Uint8Array([65, 66, 67]).subarray(1)); artifact("empty", "")');
    expect(artifacts).toEqual({ 'a.txt': 'é', 'b.bin': 'BC', empty: '' });
  });

  test('an artifact that is refused throws where it was made', async () => {
    expect(await valueOf('try { artifact("../x", "y") } catch (error) { return error.code }')).toBe('ARTIFACT_NAME');
  });
});

describe('errors', () => {
  test('an error is told with its place in the source', async () => {
    const { code, message } = await failureOf('\n  throw new TypeError("boom")');
    expect(code).toBe('CODE_THREW');
    expect(message).toContain('TypeError: boom (greet.js:2:');
  });

  test('columns of the first line are those of the source', async () => {
    expect((await failureOf('throw new Error("x")')).message).toContain('greet.js:1:11');
    expect((await failureOf('let a = ;')).message).toContain('greet.js:1:9');
  });

  test('the calls that led to it are told', async () => {
    const { message } = await failureOf('function inner() { null.x }\nfunction outer() { inner() }\nouter()');
    expect(message).toMatch(/inner \(greet\.js:1:\d+\)/);
    expect(message).toMatch(/at outer \(greet\.js:2:\d+\)/);
    expect(message).toContain('greet.js:3:');
  });

  test.each([
    ['an object', 'throw { reason: "none" }', '{"reason":"none"}'],
    ['a text', 'throw "none"', '"none"'],
    ['undefined', 'throw undefined', 'undefined'],
    ['a symbol', 'throw Symbol("none")', 'Symbol(none)'],
    ['null', 'throw null', 'null'],
  ])('%s that is thrown is told as its text', async (_what, source, text) => {
    const { code, message } = await failureOf(source);
    expect(code).toBe('CODE_THREW');
    expect(message).toContain(text);
  });

  test('an error of a tool that nobody catches keeps its code and hint', async () => {
    const { code, message, hint } = await failureOf('await tools.fail()');
    expect([code, hint]).toEqual(['CODE_THREW', 'remove something']);
    expect(message).toContain('DISK_FULL');
  });

  test('a syntax error has its own code and its place', async () => {
    const { code, message } = await failureOf('const a = 1;\nconst b = = 2;');
    expect(code).toBe('CODE_SYNTAX');
    expect(message).toContain('greet.js:2:11');
  });

  test('code is one body: it cannot end what stands around it', async () => {
    expect((await failureOf('}); (async () => { return 7')).code).toBe('CODE_SYNTAX');
    expect((await failureOf('return 1 /*')).code).toBe('CODE_SYNTAX');
  });

  test.each([['import fs from "node:fs"'], ['await import("node:fs")'], ['require("node:fs")'], ['export default 1']])('%s says that there are no modules', async (source) => {
    expect((await failureOf(source)).code).toBe('CODE_IMPORT_UNAVAILABLE');
  });

  test('no place of this machine is told', async () => {
    const told = await valueOf('const seen = []; try { null.x } catch (error) { seen.push(error.stack) } try { await tools.fail() } catch (error) { seen.push(error.stack) } try { new URL("x") } catch (error) { seen.push(error.stack, error.message) } return seen');
    expect(JSON.stringify(told)).not.toMatch(/plugins|node_modules|file:|\.cjs/);
  });
});

describe('TypeScript', () => {
  test('types are erased', async () => {
    expect(await valueOf('interface Sum { readonly sum: number }\nconst sum: Sum = { sum: (params.a as number) + 1 };\nreturn sum satisfies Sum', { language: 'ts', params: { a: 1 } })).toEqual({ sum: 2 });
  });

  test('places are those of the source', async () => {
    expect((await failureOf('const text: string = "a";\ntype A = { b: number }; throw new Error(text)', { language: 'ts' })).message).toContain('greet.js:2:');
    expect((await failureOf('const a: string = 1;\nlet b: = 2', { language: 'ts' })).message).toContain('greet.js:2:8');
  });

  test('what is more than types is refused with a hint', async () => {
    const { code, message, hint } = await failureOf('\nenum Color { Red }', { language: 'ts' });
    expect(code).toBe('CODE_SYNTAX');
    expect(message).toContain('greet.js:2:1');
    expect(hint).toBeDefined();
  });

  test('types in JavaScript are a syntax error', async () => {
    expect((await failureOf('const a: number = 1')).code).toBe('CODE_SYNTAX');
  });

  test('what breaks the reader of types breaks nothing else', async () => {
    expect((await failureOf('['.repeat(200_000), { language: 'ts' })).code).toMatch(/CODE_SYNTAX|CODE_CRASHED/);
    expect(await valueOf('const a: number = 4; return a', { language: 'ts' })).toBe(4);
  });
});

describe('what comes with it', () => {
  test('timers', async () => {
    expect(await valueOf('const seen = []; const gone = setTimeout(() => seen.push("gone"), 1); clearTimeout(gone); await new Promise((resolve) => setTimeout(resolve, 5, seen.push("set"))); return seen')).toEqual(['set']);
  });

  test('URLs', async () => {
    expect(await valueOf('const url = new URL("../b?c=1", "HTTPS://User@Example.com/a/"); url.searchParams.append("d", "é &"); url.hash = "e"; return [String(url), url.searchParams.get("d"), url.hostname, URL.canParse("no")]')).toEqual([
      'https://User@example.com/b?c=1&d=%C3%A9+%26#e',
      'é &',
      'example.com',
      false,
    ]);
  });

  test('texts as bytes and back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: anyCharacter }), fc.uint8Array(), async (text, bytes) => {
        const source = 'return [[...new TextEncoder().encode(params.text)], new TextDecoder().decode(new TextEncoder().encode(params.text)), new TextDecoder().decode(new Uint8Array(params.bytes)), btoa(String.fromCharCode(...params.bytes)), atob(btoa(String.fromCharCode(...params.bytes)))]';
        const encoded = [...new TextEncoder().encode(text)];
        const binary = String.fromCharCode(...bytes);
        expect(await valueOf(source, { params: { text, bytes: [...bytes] } })).toEqual([encoded, new TextDecoder().decode(new Uint8Array(encoded)), new TextDecoder().decode(bytes), btoa(binary), binary]);
      }),
      { numRuns: 60 },
    );
  });

  test('copies', async () => {
    expect(await valueOf('const a = { list: [1, new Date(0)], map: new Map([[1, { b: 2 }]]) }; a.self = a; const b = structuredClone(a); return [b !== a, b.self === b, b.list, b.map.get(1)]')).toEqual([true, true, [1, '1970-01-01T00:00:00.000Z'], { b: 2 }]);
  });

  test('nothing that reaches the machine', async () => {
    expect(await valueOf('return ["process", "fetch", "WebSocket", "Worker", "XMLHttpRequest", "Deno", "Bun", "global", "module", "exports", "__dirname", "setInterval", "WebAssembly", "std", "os", "bjson", "print", "load"].filter((name) => name in globalThis)')).toEqual([]);
  });
});
