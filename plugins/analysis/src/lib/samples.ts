/** Makes the median absolute deviation of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4), F. R. Hampel, JASA 69 (1974). */
const MAD_SCALE = 1.482602218505602;

/** The value in the middle; of an even number of them the mean of the two there. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).toSorted();
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The median of the distances from the median, on the scale of a standard deviation. */
export function medianDeviation(values: readonly number[], middle: number = median(values)): number {
  return MAD_SCALE * median(values.map((value) => Math.abs(value - middle)));
}

/**
 * Adjusts the p-values of many tests: those of at most `alpha` afterwards are findings, of which on average no more than that share is false. Y.
 * Benjamini and Y. Hochberg, "Controlling the False Discovery Rate", J. R. Statist. Soc. B 57 (1995).
 *
 * @param tests How many tests were made, where some of those whose p-value is 1 are not given.
 * @returns The adjusted values, in the order of those given.
 */
export function adjusted(p: readonly number[], tests: number = p.length): number[] {
  const order = p.map((_, at) => at).toSorted((one, other) => (p[other] ?? 0) - (p[one] ?? 0));
  const q = Array.from<number>({ length: p.length });
  let least = 1;
  for (const [rank, at] of order.entries()) {
    least = Math.min(least, ((p[at] ?? 1) * tests) / (p.length - rank));
    q[at] = least;
  }
  return q;
}
