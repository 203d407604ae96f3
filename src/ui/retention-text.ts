import type { Retention } from '../config/config.ts';
import { printDuration, printSize } from '../manifest/units.ts';

const DAY_MS = 86_400_000;

/** `age 30d, count 1000`, as it stands in a configuration file. */
export function retentionText({ age, count, size }: Retention): string {
  const parts = [age === undefined ? [] : [`age ${age % DAY_MS === 0 ? `${age / DAY_MS}d` : printDuration(age)}`], count === undefined ? [] : [`count ${count}`], size === undefined ? [] : [`size ${printSize(size)}`]];
  return parts.flat().join(', ');
}
