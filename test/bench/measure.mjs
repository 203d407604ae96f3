import { performance } from 'node:perf_hooks';

/**
 * Takes samples of several things in turn, so that whatever else the machine does falls on all of them alike.
 *
 * @param {Record<string, () => unknown>} subjects each does its work once and may return the milliseconds itself
 * @param {{ samples: number, warmup?: number, pauseMs?: number }} options
 * @returns {Promise<Record<string, ReturnType<typeof summary>>>}
 */
export async function interleaved(subjects, { samples, warmup = 1, pauseMs = 0 }) {
  const taken = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -warmup; round < samples; round++) {
    for (const [name, work] of Object.entries(subjects)) {
      const started = performance.now();
      const own = await work();
      const took = typeof own === 'number' ? own : performance.now() - started;
      if (round >= 0) taken.get(name).push(took);
      if (pauseMs > 0) await new Promise((resolve) => void setTimeout(resolve, pauseMs));
    }
  }
  return Object.fromEntries([...taken].map(([name, values]) => [name, summary(values)]));
}

/** Median and quartiles, milliseconds. */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), low: at(0.25), high: at(0.75), samples: sorted.length };
}

/** One row of the table: a figure beside its target. `met` is absent where there is no target. */
export function row(group, name, value, unit, target, detail) {
  return { group, name, value, unit, ...(target === undefined ? {} : { target, met: value <= target }), detail };
}

/** A row whose figure should reach its target. */
export function least(group, name, value, unit, target, detail) {
  return { group, name, value, unit, target, met: value >= target, atLeast: true, detail };
}

export function ratioRow(group, name, measured, base, target, note) {
  const detail = `${ms(measured)} against ${ms(base)}${note === undefined ? '' : `; ${note}`}`;
  return row(group, name, measured.median / base.median, 'x', target, detail);
}

export function ms({ median, low, high }) {
  return `${figure(median)} ms (${figure(low)}-${figure(high)})`;
}

export function figure(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(4);
}
