// What it costs to run code.
import { join } from 'node:path';
import { figure, ms, row, summary } from './measure.mjs';
import { node, ROOT } from './world.mjs';

const MIB = 1024 * 1024;

export function codeRows(world, { coldSamples, samples }) {
  const script = join(ROOT, 'test', 'bench', 'isolate.mjs');
  const measure = (...args) => JSON.parse(node(world, [script, ...args], { cwd: world.folder }));
  const cold = summary(Array.from({ length: coldSamples }, () => measure('cold')));
  const { noop, typed, direct, call, many } = measure('warm', String(samples));
  const beyond = call.median - direct.median;
  const kept = `${figure(many.before / MIB)} MiB after the first thousand, ${figure(many.after / MIB)} MiB after the third; a thousand take ${figure(many.took)} ms`;
  return [
    row('code', 'JavaScript, cold: the first run of a process', cold.median, 'ms', 30, ms(cold)),
    row('code', 'JavaScript, warm: a run that does nothing', noop.median, 'ms', 2, `${ms(noop)}; TypeScript ${ms(typed)}`),
    row('code', 'a tool called from JavaScript, beyond a direct call', beyond, 'ms', 1, `${ms(call)} against ${ms(direct)}`),
    row('code', 'JavaScript, 1,000 runs at once: memory kept of each, beyond the first thousand', Math.max(0, (many.after - many.before) / 2000 / 1024), 'KiB', 10, kept),
  ];
}
