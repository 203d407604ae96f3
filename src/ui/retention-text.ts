import type { Retention } from '../config/config.ts';
import { printDuration, printSize } from '../manifest/units.ts';

/** `age 30d, count 1000`, as it stands in a configuration file. */
export function retentionText({ age, count, size }: Retention): string {
  const parts = [age === undefined ? [] : [`age ${printDuration(age)}`], count === undefined ? [] : [`count ${count}`], size === undefined ? [] : [`size ${printSize(size)}`]];
  return parts.flat().join(', ');
}
