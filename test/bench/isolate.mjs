// What an isolate of JavaScript costs, in a process of its own: `cold` prints the milliseconds of the first run, `warm` all else.
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { interleaved, summary } from './measure.mjs';

const { default: javascript } = createRequire(import.meta.url)('../../plugins/javascript/dist/javascript.cjs');
const limits = { memory: 256 * 1024 * 1024, timeoutMs: 30_000, maxOutput: 1024 * 1024, maxValue: 1024 * 1024, maxCalls: 10_000 };
const tools = [{ alias: 'same', name: 'bench/same', summary: 'Answer with its parameters', params: { type: 'object' } }];
const host = { signal: new AbortController().signal, output() {}, call: async (_tool, data) => ({ runId: 'bench', status: 'succeeded', data, output: '' }), artifact() {}, log() {}, progress() {} };
const [mode, samples] = process.argv.slice(2);

async function run(source, language = 'js') {
  const started = performance.now();
  const result = await javascript.run({ runId: 'bench', language, source, name: 'bench.js', params: {}, tools, requirements: [], limits }, host);
  if (!result.ok) throw new Error(result.failure.message);
  return { took: performance.now() - started, data: result.data };
}

console.log(JSON.stringify(mode === 'cold' ? (await run('return 1')).took : await warm(Number(samples))));
await javascript.close();

async function warm(count) {
  await run('return 1');
  const ready = await interleaved({ noop: async () => (await run('return 1')).took, typed: async () => (await run('return 1 as number', 'ts')).took }, { samples: count, warmup: 10, pauseMs: 10 });
  const direct = [];
  for (let sample = 0; sample < count; sample++) {
    const started = performance.now();
    await host.call('bench/same', { a: 1 });
    direct.push(performance.now() - started);
  }
  const calls = await run(`const took = []; for (let i = 0; i < ${count}; i++) { const started = performance.now(); await tools.same({ a: 1 }); took.push(performance.now() - started) } return took`);
  const many = [];
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    await Promise.all(Array.from({ length: 1000 }, () => run('return 1')));
    many.push(performance.now() - started);
    await pause(100);
    many.push(process.memoryUsage.rss());
  }
  const [, before, took, , , after] = many;
  return { ...ready, direct: summary(direct), call: summary(calls.data), many: { took, before, after } };
}
