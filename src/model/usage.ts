import type { ModelUsage } from './port.ts';

/** What both have used; a figure that only one gives is that one's. */
export function addUsage(one: ModelUsage, other: ModelUsage): ModelUsage {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof ModelUsage)[];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
