import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCoded, type ToolContext } from '@toka/sdk';
import { recordContext } from '../../src/runtime/record-context.ts';
import { replayContext } from '../../src/runtime/replay-context.ts';
import { Tape } from '../../src/runtime/tape.ts';
import { decodeCall, encodeCall, type TapedCall } from '../../src/runtime/taped-call.ts';
import { divergenceOf, requireAnswered, requireContents } from '../../src/pipeline/replay/divergence.ts';
import { toolContext } from '../support/tool-context.ts';

/** What a tool of these tests does: it answers with all that it was answered. */
type Act = (ctx: ToolContext) => Promise<unknown>;
type Step = readonly [name: string, act: Act];

const FILES = { 'a.txt': 'one\n', 'b.bin': Uint8Array.from([0xff, 0, 1]), 'folder/c.txt': 'three\n', 'large.txt': 'x'.repeat(5000) };
const NAMES = [...Object.keys(FILES), 'folder', 'gone.txt', '../outside.txt', 'new/file.txt'];

async function entries(stream: AsyncIterable<unknown>, most: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const each of stream) {
    taken.push(each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each);
    if (taken.length >= most) break;
  }
  return taken;
}

const path = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  path.map((name): Step => [`readText ${name}`, async (ctx) => ctx.fs.readText(name)]),
  fc.tuple(path, fc.nat(3), fc.nat(3)).map(([name, start, length]): Step => [`read ${name}`, async (ctx) => Buffer.from(await ctx.fs.read(name, { start, length })).toString('hex')]),
  path.map((name): Step => [`limited ${name}`, async (ctx) => ctx.fs.readText(name, { maxBytes: 10 })]),
  fc.tuple(path, fc.nat(2)).map(([name, most]): Step => [`stream ${name}`, async (ctx) => entries(ctx.fs.stream(name), most)]),
  path.map((name): Step => [`stat ${name}`, async (ctx) => ctx.fs.stat(name)]),
  path.map((name): Step => [`list ${name}`, async (ctx) => ctx.fs.list(name)]),
  fc.tuple(path, fc.nat(3)).map(([name, most]): Step => [`walk ${name}`, async (ctx) => entries(ctx.fs.walk(name), most)]),
  path.map((name): Step => [`can ${name}`, async (ctx) => ctx.fs.can('write', name)]),
  fc.tuple(path, fc.string({ maxLength: 5 })).map(([name, text]): Step => [`write ${name}`, async (ctx) => ctx.fs.write(name, text, { parents: true })]),
  fc.constantFrom('LANG', 'UNSET').map((name): Step => [`env ${name}`, async (ctx) => ctx.env(name)]),
  fc.constant<Step>(['now', async (ctx) => ctx.now()]),
  fc.constant<Step>(['call', async (ctx) => ctx.call('files/file-reader', { path: 'a.txt' })]),
  fc.constant<Step>(['log', async (ctx) => ctx.log('info', 'said')]),
);

/** What each step was answered, the steps of a group made at once. */
async function carryOut(ctx: ToolContext, script: readonly (readonly Step[])[]): Promise<unknown> {
  const answers: unknown[] = [];
  for (const group of script) {
    const found = group.map(async ([, act]) => act(ctx).catch((error: unknown) => (isCoded(error) ? [error.code, error.message] : String(error))));
    answers.push(await Promise.all(found));
  }
  return JSON.parse(JSON.stringify(answers));
}

async function record(script: readonly (readonly Step[])[]): Promise<{ answers: unknown; calls: TapedCall[]; root: string }> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-replay-')));
  const root = join(base, 'project');
  mkdirSync(join(root, 'folder'), { recursive: true });
  writeFileSync(join(base, 'outside.txt'), 'not granted');
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(root, name), content);
  const tape = new Tape();
  const call: ToolContext['call'] = async () => ({ runId: 'child', status: 'succeeded', output: 'one\n', data: { lines: 1 } });
  const answers = await carryOut(recordContext(toolContext({ root, env: { LANG: 'C' }, call }), tape), script);
  rmSync(base, { recursive: true });
  return { answers, calls: tape.calls.map((one) => decodeCall(JSON.parse(JSON.stringify(encodeCall(one)))) as TapedCall), root };
}

function again(root: string, recorded: readonly TapedCall[], inOrder = false): ReturnType<typeof replayContext> {
  return replayContext({ runId: 'r', idempotencyKey: 'r/0', cwd: root, root, capabilities: [], missing: [], env: {}, signal: new AbortController().signal, recorded, inOrder });
}

const script = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

test('whatever a tool asks is answered as it was, when all files are gone, and in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), async (steps, inOrder) => {
      const { answers, calls, root } = await record(steps);
      const { context, calls: made } = again(root, calls, inOrder);
      expect(await carryOut(context, steps)).toEqual(answers);
      expect(divergenceOf(calls, made, inOrder)).toBeUndefined();
      expect(() => {
        requireAnswered(calls, made);
        requireContents(calls, made);
      }).not.toThrow();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('whichever answer on record is changed, what depends on it becomes another', async () => {
  const changed = ({ answer, ...call }: TapedCall): TapedCall => {
    const { value, bytes, error } = answer;
    if (error) return { ...call, answer: { ...answer, error: { ...error, message: `${error.message}!` } } };
    if (bytes) return { ...call, answer: { ...answer, bytes: Buffer.concat([bytes, Buffer.from('!')]) } };
    return { ...call, answer: { ...answer, value: Array.isArray(value) ? ['!'] : typeof value === 'boolean' ? !value : '!' } };
  };
  await fc.assert(
    fc.asyncProperty(script, fc.nat(), async (steps, at) => {
      const { answers, calls, root } = await record(steps);
      // Nothing is answered to what is written or said; of a stream that was left nothing is seen.
      const seen = calls.flatMap(({ do: verb, answer }, index) => (answer.error || (verb !== 'write' && verb !== 'log' && !answer.part && answer.lost === undefined) ? [index] : []));
      fc.pre(seen.length > 0);
      const target = seen[at % seen.length] ?? 0;
      const { context } = again(root, calls.map((call, index) => (index === target ? changed(call) : call)));
      expect(await carryOut(context, steps)).not.toEqual(answers);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('what a tool writes is told from what it wrote', async () => {
  const write = (text: string): Step[][] => [[['write', async (ctx) => ctx.fs.write('a.txt', text)]]];
  const { calls, root } = await record(write('one\ntwo\n'));
  const { context, calls: made } = again(root, calls);
  await carryOut(context, write('one\n2\n'));
  expect(divergenceOf(calls, made, false)).toMatchObject({ call: 1, content: { patch: expect.stringContaining('-two\n+2') } });
});

test('what a tool leaves out counts if it was an effect, and in strict replays whatever it was', async () => {
  const both: Step[][] = [[['stat', async (ctx) => ctx.fs.stat('a.txt')]], [['write', async (ctx) => ctx.fs.write('a.txt', 'x')]]];
  const { calls, root } = await record(both);
  const without = async (left: number, isStrict: boolean): Promise<unknown> => {
    const { context, calls: made } = again(root, calls, isStrict);
    await carryOut(context, both.filter((_, at) => at !== left));
    return divergenceOf(calls, made, isStrict)?.recorded?.do;
  };
  expect(await Promise.all([without(0, false), without(1, false), without(0, true), without(1, true)])).toEqual([undefined, 'write', 'stat', 'write']);
});

test('what is logged counts in strict replays alone', async () => {
  const say = (message: string): Step[][] => [[['log', async (ctx) => ctx.log('info', message)]], [['progress', async (ctx) => ctx.progress({ done: message.length })]]];
  const { calls, root } = await record(say('one'));
  const said = async (isStrict: boolean): Promise<unknown> => {
    const { context, calls: made } = again(root, calls, isStrict);
    await carryOut(context, say('three'));
    return divergenceOf(calls, made, isStrict);
  };
  expect(await said(false)).toBeUndefined();
  expect(await said(true)).toMatchObject({ call: 1, recorded: { args: { message: 'one' } }, now: { args: { message: 'three' } } });
});

test('a tool that waits for several things at once meets them in the order in which they came', async () => {
  const both = async (ctx: ToolContext): Promise<void> => {
    const one = async (name: string): Promise<void> => ctx.log('info', `${name}: ${(await ctx.call(name, {})).output}`);
    await Promise.all([one('slow'), one('quick')]);
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  const call: ToolContext['call'] = async (name) => {
    if (name === 'slow') await promise;
    else setImmediate(resolve);
    return { runId: name, status: 'succeeded', output: name };
  };
  const tape = new Tape();
  await both(recordContext(toolContext({ root: '/', call }), tape));
  const { context, calls: made } = again('/', tape.calls, true);
  await both(context);
  expect(made.map(({ of }) => of)).toEqual([0, 1, 2, 3]);
  expect(divergenceOf(tape.calls, made, true)).toBeUndefined();
});

test('a tool that waits for one thing after the other in another order than on record is not kept waiting for each', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `${at}.txt`);
  const { calls, root } = await record([names.map((name): Step => [name, async (ctx) => ctx.fs.stat(name)])]);
  const { context, calls: made } = again(root, calls, true);
  for (const name of names.toReversed()) await context.fs.stat(name);
  expect(divergenceOf(calls, made, true)).toMatchObject({ call: 1 });
}, 20_000);

test('after what is not on record nothing is answered any more', async () => {
  const { calls, root } = await record([[['stat', async (ctx) => ctx.fs.stat('a.txt')]]]);
  const { context } = again(root, calls);
  await expect(context.fs.stat('b.bin')).rejects.toMatchObject({ code: 'TOKA_REPLAY_DIVERGED' });
  await expect(context.fs.stat('a.txt')).rejects.toMatchObject({ code: 'TOKA_REPLAY_DIVERGED' });
});

test('what is larger than the limits, or bears secrets, is not kept', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-replay-')));
  writeFileSync(join(root, 'large.txt'), 'x'.repeat(2000));
  writeFileSync(join(root, '.env'), 'API_KEY=a-very-secret-value\n');
  const tape = new Tape({ each: 1500, all: 10_000, list: 10_000 });
  const ctx = recordContext(toolContext({ root, env: { API_TOKEN: 'a-very-secret-value', DATABASE_URL: 'postgres://app:a-very-secret-value@db/app', HOME_URL: 'https://website.example:8080/@me' } }), tape);
  await ctx.fs.read('large.txt');
  await ctx.fs.read('.env');
  for (const name of ['API_TOKEN', 'DATABASE_URL', 'HOME_URL']) ctx.env(name);
  await ctx.fs.write('.env', 'API_KEY=another-secret\n');
  expect(tape.calls.map(({ answer, content }) => answer.lost ?? content)).toEqual(['size', 'secret', 'secret', 'secret', undefined, undefined]);
  expect(tape.calls[4]?.answer.value).toBe('https://website.example:8080/@me');
  rmSync(root, { recursive: true });
});
