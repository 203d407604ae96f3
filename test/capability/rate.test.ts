import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countRun } from '../../src/capability/rate.ts';
import type { Rate } from '../../src/config/config.ts';

/** A counter with its rate, asked again and again. */
function counting(rate: Rate): (now: number) => number {
  let counter: readonly number[] = [];
  return (now) => {
    const { present, next, retryAfterMs } = countRun(rate, counter, now);
    counter = next ?? present;
    return next ? 0 : retryAfterMs;
  };
}

const anyRate = fc.record<Rate>({
  kind: fc.constantFrom('window', 'bucket'),
  runs: fc.integer({ min: 1, max: 8 }),
  ms: fc.integer({ min: 1, max: 100 }),
});
const anySteps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });
const anyJumps = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { maxLength: 60 });

describe('a window', () => {
  test('admits so many in any stretch of its length, and says when the next may come', () => {
    const ask = counting({ kind: 'window', runs: 3, ms: 1000 });
    expect([0, 100, 200, 300, 999, 1000, 1001, 1100].map(ask)).toEqual([0, 0, 0, 700, 1, 0, 99, 0]);
  });

  test('agrees with counting by hand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 }), anySteps, (runs, ms, steps) => {
        const ask = counting({ kind: 'window', runs, ms });
        const admitted: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          const fits = admitted.filter((time) => time > now - ms).length < runs;
          expect(ask(now) === 0).toBe(fits);
          if (fits) admitted.push(now);
        }
      }),
    );
  });
});

describe('a bucket', () => {
  test('admits so many at once, then one after each stretch', () => {
    const ask = counting({ kind: 'bucket', runs: 3, ms: 1000 });
    expect([0, 0, 0, 0, 999, 1000, 1000, 3000, 3000, 3000].map(ask)).toEqual([0, 0, 0, 1000, 1, 0, 1000, 0, 0, 1000]);
  });

  test('never admits more than it held and gained', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 }), anySteps, (runs, ms, steps) => {
        const ask = counting({ kind: 'bucket', runs, ms });
        let now = 0;
        let admitted = 0;
        for (const step of steps) {
          now += step;
          if (ask(now) === 0) admitted += 1;
          expect(admitted).toBeLessThanOrEqual(runs + Math.floor(now / ms));
        }
      }),
    );
  });
});

describe('whatever the clock does', () => {
  test('a refused run may come after the time that was said, and that is never longer than the rate', () => {
    fc.assert(
      fc.property(anyRate, anyJumps, (rate, jumps) => {
        const ask = counting(rate);
        let now = 1_000_000;
        for (const jump of jumps) {
          now += jump;
          const wait = ask(now);
          expect(wait).toBeLessThanOrEqual(rate.ms);
          if (wait > 0) expect(ask((now += wait))).toBe(0);
        }
      }),
    );
  });

  test('going back gives no run', () => {
    fc.assert(
      fc.property(anyRate, anyJumps, (rate, jumps) => {
        const ask = counting(rate);
        let now = 100_000_000;
        let admitted = 0;
        for (const jump of jumps) if (ask((now -= Math.abs(jump))) === 0) admitted += 1;
        expect(admitted).toBeLessThanOrEqual(rate.runs);
      }),
    );
  });

  test('a counter from a day ahead holds nobody up for that day', () => {
    for (const kind of ['window', 'bucket'] as const) {
      const ask = counting({ kind, runs: 2, ms: 1000 });
      expect([0, 0].map(() => ask(86_400_000))).toEqual([0, 0]);
      expect([ask(0), ask(999), ask(1000)]).toEqual([1000, 1, 0]);
    }
  });
});
