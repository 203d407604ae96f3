/** Milliseconds of the system's steady clock, the same in all threads. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
