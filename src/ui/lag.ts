import type { Output } from './output.ts';

/** At most so often, milliseconds. */
const EVERY_MS = 1000;

/**
 * Tells people how far behind they are with what they follow: when it begins, once a second, and when it is over.
 *
 * @param now Milliseconds of a clock that does not go back.
 * @returns A function that takes how many events there are beyond those shown.
 */
export function lagReporter(stderr: Output, now: () => number): (lag: number) => void {
  let told: number | undefined;
  return (lag) => {
    if (lag === 0) {
      if (told !== undefined) stderr.write('caught up\n');
      told = undefined;
    } else if (told === undefined || now() - told >= EVERY_MS) {
      stderr.write(`${lag} ${lag === 1 ? 'event' : 'events'} behind\n`);
      told = now();
    }
  };
}
