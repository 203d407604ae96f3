import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hypergeometricTail, logGamma, studentTail } from '../src/lib/distributions.ts';
import { adjusted, median, medianDeviation } from '../src/lib/samples.ts';

/** Exact, by whole numbers. */
function choose(n: number, k: number): bigint {
  let value = 1n;
  for (let at = 0; at < k; at++) value = (value * BigInt(n - at)) / BigInt(at + 1);
  return k > n ? 0n : value;
}

function exactTail(observed: number, total: number, marked: number, drawn: number): number {
  let sum = 0n;
  for (let k = observed; k <= Math.min(marked, drawn); k++) sum += choose(marked, k) * choose(total - marked, drawn - k);
  return Number((sum * 10n ** 30n) / choose(total, drawn)) / 1e30;
}

describe('the exact test of Fisher', () => {
  test('gives what Fisher gives for the lady who tasted tea: 1 and 17 in 70', () => {
    expect(hypergeometricTail(4, { total: 8, marked: 4, drawn: 4 })).toBeCloseTo(1 / 70, 14);
    expect(hypergeometricTail(3, { total: 8, marked: 4, drawn: 4 })).toBeCloseTo(17 / 70, 14);
  });

  test('gives what R gives for the convictions of criminal twins (help of fisher.test)', () => {
    // fisher.test(matrix(c(2, 10, 15, 3), 2), alternative = "less")$p.value
    expect(hypergeometricTail(10, { total: 30, marked: 13, drawn: 12 })).toBeCloseTo(0.0004651809, 9);
  });

  test('agrees with exact whole numbers', () => {
    const counts = fc.integer({ min: 1, max: 120 }).chain((total) => fc.tuple(fc.constant(total), fc.integer({ min: 0, max: total }), fc.integer({ min: 0, max: total }))).chain(([total, marked, drawn]) => fc.tuple(fc.constant({ total, marked, drawn }), fc.integer({ min: 0, max: Math.min(marked, drawn) })));
    fc.assert(
      fc.property(counts, ([{ total, marked, drawn }, observed]) => {
        const exact = exactTail(observed, total, marked, drawn);
        expect(Math.abs(hypergeometricTail(observed, { total, marked, drawn }) - exact)).toBeLessThanOrEqual(1e-10 * exact + 1e-29);
      }),
    );
  });
});

describe("Student's t", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: critical values for both tails together.
  test.each([
    [1, 12.706, 0.05],
    [2, 4.303, 0.05],
    [5, 2.571, 0.05],
    [10, 2.228, 0.05],
    [10, 3.169, 0.01],
    [30, 2.042, 0.05],
    [100, 1.984, 0.05],
    [100, 3.174, 0.002],
  ])('with %d degrees of freedom %f has the p-value %f', (degrees, t, p) => {
    expect(studentTail(t, degrees)).toBeCloseTo(p, 4);
    expect(studentTail(-t, degrees)).toBe(studentTail(t, degrees));
  });

  test('is the distribution of Cauchy with one degree of freedom, far out too', () => {
    for (const t of [0, 0.1, 1, 10, 1e4, 1e8]) {
      const exact = 1 - (2 / Math.PI) * Math.atan(t);
      expect(Math.abs(studentTail(t, 1) - exact)).toBeLessThan(1e-12);
    }
  });

  test('falls with the distance', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 1, max: 1e5, noNaN: true }), (one, other, degrees) => {
      const [near, far] = [Math.min(one, other), Math.max(one, other)];
      expect(studentTail(far, degrees)).toBeLessThanOrEqual(studentTail(near, degrees) + 1e-12);
    }));
  });
});

test('the gamma function gives factorials, and the square root of pi', () => {
  let factorial = 1;
  for (let n = 1; n < 170; n++) {
    factorial *= n;
    expect(Math.abs(logGamma(n + 1) - Math.log(factorial))).toBeLessThan(1e-10 * Math.max(1, Math.log(factorial)));
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
});

test('the false discovery rate is held as in the example of Benjamini and Hochberg, 1995', () => {
  const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
  expect(adjusted(p).filter((q) => q <= 0.05)).toHaveLength(4);
  // R: p.adjust(p, "BH")
  for (const q of adjusted([0.01, 0.02, 0.03, 0.04, 0.05])) expect(q).toBeCloseTo(0.05, 12);
  expect(adjusted([])).toEqual([]);
});

test('median and deviation are those of R', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  // mad(c(1:9)), and mad(c(1, 1, 2, 2, 4, 6, 9))
  expect([medianDeviation([1, 2, 3, 4, 5, 6, 7, 8, 9]), medianDeviation([1, 1, 2, 2, 4, 6, 9])]).toEqual([expect.closeTo(2.965204, 5), expect.closeTo(1.482602, 5)]);
});
