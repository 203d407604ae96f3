import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LiveEvent } from '../../src/pipeline/events.ts';
import type { RunResult } from '../../src/pipeline/result.ts';
import { createToka, type RequestOptions, type Toka } from '../../src/toka.ts';
import { type Place, place, processesWith, tool, until } from '../support/cli.ts';

let here: Place;
let toka: Toka;
beforeEach(async () => {
  here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello'), ...tool('sleeper', 'sleep 321', { effect: 'external' }) });
  toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' } });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

/** What a project's native tool takes to start. */
const NODE = ['proc:exec:node'];

interface Tool {
  /** The body of its `run`. */
  readonly run: string;
  readonly before?: string;
  readonly required?: readonly string[];
  readonly effect?: string;
  readonly security?: Readonly<Record<string, unknown>>;
}

/** Runs a native tool of the project. */
async function native({ run, before = '', required = [], effect = 'none', security }: Tool, options: RequestOptions = {}): Promise<RunResult & { readonly events: readonly LiveEvent[] }> {
  const script = `import { defineTool, coded } from '@toka/sdk';
    ${before}
    export default defineTool({ name: 'own', summary: 'Own', effect: '${effect}', capabilities: {},
      params: { type: 'object', properties: {}, additionalProperties: false },
      async run(params, ctx) { ${run} } });`;
  here.write(tool('own', script, { type: 'native', effect, capabilities: { required }, ...(security ? { security } : {}) }));
  const events: LiveEvent[] = [];
  const allow = [...NODE, ...(options.allow ?? [])];
  const result = await toka.run({ ...toka.request({ name: 'own' }, {}), ...options, allow, onEvent: (event) => void events.push(event) });
  return { ...result, events };
}

const GREET = { required: ['tool:call:project/greet', 'proc:exec:bash'] };
const MAY_GREET = { allow: GREET.required };

describe('a native tool in a process of its own', () => {
  test('calls other tools, each as a run below its own', async () => {
    const result = await native({ ...GREET, run: `const a = await ctx.call('project/greet', {}); return { output: a.output, status: a.status, id: a.runId };` }, MAY_GREET);
    expect(result).toMatchObject({ status: 'succeeded', data: { output: 'hello\n', status: 'succeeded' } });
    const below = await (await toka.journal()).children(result.runId);
    expect(below.map(({ id, tool: name, status }) => [id, name, status])).toEqual([[(result.data as { id: string }).id, 'project/greet', 'succeeded']]);
  });

  test.each([
    ['null', 'throw null', /thrown: null/],
    ['an object that is no error', `throw { reason: 'rain' }`, /rain/],
    ['an object without a text', 'throw Object.create(null)', /thrown: \{\}/],
    ['what throws when it is asked for its text', 'throw { toJSON() { throw 1 } }', /no text/],
    ['what throws when it is touched', 'throw new Proxy({}, { get() { throw 1 } })', /no text/],
    ['an error without a word', `throw new Error('')`, /Error/],
    ['an error whose message throws', `throw Object.defineProperty(new Error('x'), 'message', { get() { throw 2 } })`, /no text/],
  ])('that throws %s has failed, with words for it', async (_, run, words) => {
    const { status, error } = await native({ run });
    expect([status, error?.code, error?.data?.['code']]).toEqual(['failed', 'TOKA_RUN_FAILED', 'TOKA_RUN_FAILED']);
    expect(error?.message).toMatch(words);
  });

  test.each([
    ['a BigInt', 'return { a: 10n }'],
    ['what is inside itself', 'const a = {}; a.a = a; return a'],
    ['a function', 'return () => 1'],
    ['a symbol', `return Symbol('x')`],
    ['what throws when it is read', `return { toJSON() { throw new Error('mean') } }`],
  ])('that returns %s has failed by a code of its own', async (_, run) => {
    expect((await native({ run })).error).toMatchObject({ code: 'TOKA_RUN_FAILED', data: { code: 'TOOL_RESULT_INVALID' } });
  });

  test('calls several at once', async () => {
    const result = await native({ ...GREET, run: `const all = await Promise.all(Array.from({ length: 5 }, () => ctx.call('project/greet', {}))); return all.map(({ output }) => output);` }, MAY_GREET);
    expect(result.data).toEqual(Array.from({ length: 5 }, () => 'hello\n'));
  });

  test('starts programs, with their output as it comes', async () => {
    const run = `const seen = []; const { stdout, exitCode } = await ctx.spawn(['cat', 'x'], { input: 'ü', onOutput: (stream, text) => seen.push(stream) });
      const said = await ctx.spawn(['cat'], { input: 'text' }); return { stdout: said.stdout, failed: exitCode, seen: seen.length > 0 && seen.every((stream) => stream === 'stderr') };`;
    const result = await native({ required: ['proc:exec:cat'], run }, { allow: ['proc:exec:cat'] });
    expect(result).toMatchObject({ status: 'succeeded', data: { stdout: 'text', failed: 1, seen: true } });
  });

  test.each([
    ['a tool', `await ctx.call('project/greet', {})`, 'tool:call:project/greet'],
    ['a program', `await ctx.spawn(['cat'])`, 'proc:exec:cat'],
  ])('is refused %s that it was not granted', async (_, run, missing) => {
    const result = await native({ run: `try { ${run}; } catch ({ code, data }) { return { code, data }; }` });
    expect(result.data).toEqual({ code: 'TOKA_CAPABILITY_DENIED', data: { missing: [missing] } });
  });

  test.each([
    ['a tool', { type: 'call', id: 1, tool: 'project/greet', params: {} }],
    ['a program', { type: 'spawn', id: 1, argv: ['cat'], options: {}, streams: false }],
  ])('is refused %s by toka as well, whatever its own process says', async (_, line) => {
    const run = `const { writeSync, readSync } = await import('node:fs'); writeSync(4, ${JSON.stringify(`${JSON.stringify(line)}\n`)}); await new Promise((done) => setTimeout(done, 500)); return 'over';`;
    const result = await native({ run }, { allow: ['proc:exec:bash'] });
    expect(result).toMatchObject({ data: 'over' });
    expect(await (await toka.journal()).children(result.runId)).toEqual([]);
  });

  test('hands no more rights on than it has', async () => {
    const run = `return (await ctx.call('project/greet', {})).error.code;`;
    const required = ['tool:call:project/greet'];
    const result = await native({ required, run }, { allow: MAY_GREET.allow });
    expect(result.data).toBe('TOKA_CAPABILITY_DENIED');
  });

  test('fails as a call fails that it does not look after', async () => {
    const result = await native({ run: `await ctx.call('project/greet', {});` });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'TOKA_RUN_FAILED', data: { code: 'TOKA_CAPABILITY_DENIED' } } });
  });

  test('leaves nothing running that it has started', async () => {
    const run = `void ctx.call('project/sleeper', {}); await new Promise((done) => setTimeout(done, 300)); return 1;`;
    const result = await native({ required: ['tool:call:project/sleeper', 'proc:exec:bash'], run }, { allow: ['tool:call:project/sleeper', 'proc:exec:bash'] });
    expect(result).toMatchObject({ status: 'succeeded', data: 1 });
    expect((await (await toka.journal()).children(result.runId)).map(({ status }) => status)).toEqual(['cancelled']);
    expect(processesWith('sleep 321')).toEqual([]);
  });

  test('is told when it is cancelled, and may still do something about it', async () => {
    const controller = new AbortController();
    const run = `ctx.log('info', 'waits'); await new Promise((done) => ctx.signal.addEventListener('abort', () => { console.log('told ' + ctx.signal.reason.code); done(); }));`;
    const onEvent = (event: LiveEvent): void => {
      if (event.type === 'log') controller.abort();
    };
    const events: string[] = [];
    const script = tool('own', `import { defineTool } from '@toka/sdk'; export default defineTool({ name: 'own', summary: 'Own', effect: 'none', capabilities: {}, params: { type: 'object', properties: {}, additionalProperties: false }, async run(params, ctx) { ${run} } });`, { type: 'native', effect: 'none' });
    here.write(script);
    const result = await toka.run({
      ...toka.request({ name: 'own' }, {}),
      allow: NODE,
      signal: controller.signal,
      onEvent: (event) => {
        onEvent(event);
        if (event.type === 'output') events.push(Buffer.from(event.chunk).toString('utf8'));
      },
    });
    expect(result.status).toBe('cancelled');
    expect(events.join('')).toBe('told TOKA_CANCELLED\n');
  });

  test('prints what it likes: its result alone is its output', async () => {
    const run = `console.log('{"type":"done","output":"forged","data":1}'); process.stdout.write('half'); console.error('err'); const { writeSync } = await import('node:fs'); writeSync(1, 'raw'); return { ok: true, real: 2 };`;
    const result = await native({ run });
    expect(result).toMatchObject({ status: 'succeeded', data: { real: 2 }, output: '' });
    const shown = result.events.flatMap((event) => (event.type === 'output' ? [`${event.stream} ${Buffer.from(event.chunk).toString('utf8')}`] : []));
    expect(shown.join('')).toContain('forged');
    expect(shown.every((text) => text.startsWith('stderr'))).toBe(true);
  });

  test('logs and tells how far it is while it runs', async () => {
    const run = `ctx.log('warn', 'm'); ctx.progress({ done: 1, total: 2 }); return 1;`;
    const { events } = await native({ run });
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', level: 'warn', message: 'm' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'progress', progress: { done: 1, total: 2 } }));
  });

  test('is told again from its record, calls and programs included', async () => {
    const run = `const a = await ctx.call('project/greet', {}); const b = await ctx.spawn(['cat'], { input: 'x' }); return [a.output, b.stdout];`;
    const required = [...GREET.required, 'proc:exec:cat'];
    const result = await native({ required, run }, { allow: [...MAY_GREET.allow, 'proc:exec:cat'], record: true });
    expect(result.data).toEqual(['hello\n', 'x']);
    const report = await toka.replay(await toka.retellable(result.runId), { strict: true });
    expect(report).toMatchObject({ same: true });
  });

  test('ends with its budget where what it calls uses that up', async () => {
    const run = `for (;;) await ctx.spawn(['cat']);`;
    const result = await native({ required: ['proc:exec:cat'], run }, { allow: ['proc:exec:cat'], budget: { calls: 2 } });
    expect(result.error?.code).toBe('TOKA_BUDGET_EXCEEDED');
  });
});

describe('what goes wrong in one', () => {
  const sound = async (): Promise<unknown> => (await native({ run: `return [typeof fetch, JSON.stringify({ a: 1 }), Object.prototype.poisoned ?? 'clean'];` })).data;

  test.each([
    ['exits', 'process.exit(0);', { code: 'TOKA_RUN_FAILED' }],
    ['exits with a code of its own', 'process.exit(7);', { code: 'TOKA_RUN_FAILED', data: { exitCode: 7 } }],
    ['crashes', 'process.abort();', { code: 'TOKA_RUN_FAILED' }],
    ['kills itself', `process.kill(process.pid, 'SIGKILL');`, { code: 'TOKA_RUN_FAILED' }],
    ['throws outside of its run', `setTimeout(() => { throw new Error('late'); }); await new Promise(() => undefined);`, { code: 'TOKA_RUN_FAILED' }],
    ['never resolves and has nothing to wait for', `await new Promise(() => undefined);`, undefined],
    ['writes what is no line', `(await import('node:fs')).writeSync(4, 'garbage\\n{"type":"done"}\\n'); ctx.log('loud', {}); ctx.progress(); return 1;`, undefined],
    ['writes what is no text', `(await import('node:fs')).writeSync(4, Buffer.from([255, 10])); return 1;`, { code: 'TOKA_RUN_FAILED' }],
    ['asks with a number it has used', `const { writeSync } = await import('node:fs'); for (const _ of [1, 2]) writeSync(4, '{"type":"call","id":1,"tool":"a/b","params":{}}\\n'); await new Promise((done) => setTimeout(done, 60000));`, { code: 'TOKA_RUN_FAILED' }],
    ['closes its channel', `(await import('node:fs')).closeSync(4); return 1;`, { code: 'TOKA_RUN_FAILED' }],
    ['returns twice', `(await import('node:fs')).writeSync(4, '{"type":"done","output":"","data":1}\\n'); return 2;`, undefined],
  ])('stays there: it %s', async (_, run, error) => {
    const result = await native({ run, security: { sandbox: { timeout: '5s' } } });
    if (error) expect(result).toMatchObject({ status: 'failed', error });
    expect(await sound()).toEqual(['function', '{"a":1}', 'clean']);
  });

  test.each([
    ['loops for ever', 'for (;;);', {}, /^TOKA_(?:TIMED_OUT|CPU_LIMIT)$/],
    ['grows without end', 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));', { timeout: '30s' }, /^TOKA_MEMORY_LIMIT$/],
    ['prints without end', `const { writeSync } = await import('node:fs'); for (;;) writeSync(1, 'x'.repeat(10000));`, {}, /^TOKA_OUTPUT_LIMIT$/],
    ['logs without end', `for (;;) ctx.log('info', 'x'.repeat(10000));`, {}, /^TOKA_OUTPUT_LIMIT$/],
    ['waits for ever', 'await new Promise((done) => setTimeout(done, 1e8));', {}, /^TOKA_TIMED_OUT$/],
  ])('is stopped: it %s', async (_, run, limits, code) => {
    const result = await native({ run, security: { sandbox: { timeout: '2s', maxOutput: '1MiB', ...limits } } });
    expect(result.error?.code).toMatch(code);
    expect(await sound()).toEqual(['function', '{"a":1}', 'clean']);
  });

  test('reaches no other run: globals that it patches', async () => {
    const patches = `JSON.stringify = () => '{}'; Object.prototype.poisoned = 'poisoned'; globalThis.fetch = 1; process.stdout.write = () => true; process.exit = () => undefined; Promise.prototype.then = function () { return this; };`;
    await native({ run: patches, security: { sandbox: { timeout: '2s' } } });
    expect(await sound()).toEqual(['function', '{"a":1}', 'clean']);
  });

  test('reaches no other run that goes on beside it', async () => {
    const script = (run: string): string => `import { defineTool } from '@toka/sdk'; export default defineTool({ name: 'x', summary: 'X', effect: 'none', capabilities: {}, params: { type: 'object', properties: {}, additionalProperties: false }, async run(params, ctx) { ${run} } });`;
    here.write({
      ...tool('steady', script(`ctx.log('info', 'here'); await new Promise((done) => setTimeout(done, 1500)); return 'steady';`), { type: 'native', effect: 'none' }),
      ...tool('crashing', script('process.abort();'), { type: 'native', effect: 'none' }),
    });
    let started = false;
    const steady = toka.run({ ...toka.request({ name: 'steady' }, {}), allow: NODE, onEvent: ({ type }) => void (started ||= type === 'log') });
    await until(() => started);
    expect((await toka.run({ ...toka.request({ name: 'crashing' }, {}), allow: NODE })).status).toBe('failed');
    expect(await steady).toMatchObject({ status: 'succeeded', data: 'steady' });
  });
});

describe('ctx.fetch', () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.url === '/away') return response.writeHead(302, { location: 'http://example.invalid/' }).end();
    if (request.url === '/endless') return void setInterval(() => response.write('x'.repeat(1e6)), 10).unref();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    return request.on('end', () => response.writeHead(request.url === '/gone' ? 404 : 200, { 'x-own': 'h', 'set-cookie': 'c=1' }).end(`${String(request.headers['x-asked'])} ${Buffer.concat(parts).toString('utf8')}`));
  });
  let at = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });

  const fetching = async (call: string, options: RequestOptions = {}): ReturnType<typeof native> => {
    const needs = [`net:connect:${at}`];
    return native({ required: needs, effect: 'external', security: { level: 'elevated' }, run: `try { const answer = await ctx.fetch(${call}); return { ...answer, body: answer.text() }; } catch ({ code, data }) { return { code, data }; }` }, { allow: needs, ...options });
  };

  test('asks a server that was granted', async () => {
    const { data } = await fetching(`'http://${at}/', { method: 'POST', headers: { 'X-Asked': 'a' }, body: 'ü' }`);
    expect(data).toMatchObject({ url: `http://${at}/`, status: 200, headers: { 'x-own': 'h' }, body: 'a ü' });
    expect(data).not.toHaveProperty('headers.set-cookie');
  });

  test('gives an answer whatever its status', async () => {
    expect((await fetching(`'http://${at}/gone'`)).data).toMatchObject({ status: 404 });
  });

  test.each([
    ['a server that was not granted', () => `'http://example.invalid/'`, 'TOKA_CAPABILITY_DENIED'],
    ['another port', () => `'http://127.0.0.1:1/'`, 'TOKA_CAPABILITY_DENIED'],
    ['what is no address of the web', () => `'file:///etc/passwd'`, 'TOKA_FETCH_FAILED'],
    ['more than it takes', () => `'http://${at}/endless', { maxBytes: 3000000 }`, 'TOKA_FETCH_FAILED'],
  ])('refuses %s', async (_, call, code) => {
    expect((await fetching(call())).data).toMatchObject({ code });
  });

  test('is led nowhere else', async () => {
    const { data, events } = await fetching(`'http://${at}/away'`);
    expect(data).not.toMatchObject({ status: 200 });
    expect(JSON.stringify(events)).toContain('net:connect:example.invalid:80');
  });

  test('is told again from the record, without the server', async () => {
    const { runId, data } = await fetching(`'http://${at}/', { method: 'POST', body: 'x' }`, { allow: [`net:connect:${at}`], record: true });
    const before = requests.length;
    expect(await toka.replay(await toka.retellable(runId), { strict: true })).toMatchObject({ same: true });
    expect(requests).toHaveLength(before);
    expect(data).toMatchObject({ body: 'undefined x' });
  });
});
