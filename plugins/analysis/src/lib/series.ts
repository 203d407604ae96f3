/** Spans into which the time of all runs is divided for a picture. */
const SPANS = 24;

/** How many of the times lie in each of some equal spans between two ends. */
export function seriesOf(times: readonly number[], from: number, to: number): number[] {
  const counts = Array.from({ length: SPANS }, () => 0);
  for (const time of times) {
    const at = Math.min(SPANS - 1, Math.floor(((time - from) / Math.max(1, to - from)) * SPANS));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** First and last of some times, which may be too many to be arguments. */
export function ends(times: readonly number[]): { readonly from: number; readonly to: number } {
  return { from: times.reduce((one, other) => Math.min(one, other), Infinity), to: times.reduce((one, other) => Math.max(one, other), -Infinity) };
}
