import { TokaError } from '../errors.ts';
import { parseDuration } from '../manifest/units.ts';

const DAYS = { d: 1, w: 7 } as const;
const DAY_MS = 86_400_000;

/** A time as ISO 8601 writes it, to the day, the minute or finer. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** Reads a duration that may be as long as weeks: `90s`, `12h`, `30d`, `4w`. Returns milliseconds, or undefined. */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([dw])$/.exec(text) ?? [];
  return count === undefined ? parseDuration(text) : Number(count) * DAYS[unit as 'd' | 'w'] * DAY_MS;
}

/**
 * Reads since when: a duration before now, or a time, which is in UTC unless it says otherwise.
 *
 * @returns Milliseconds since 1970.
 * @throws TokaError TOKA_USAGE
 */
export function parseSince(text: string, now: number): number {
  const age = parseAge(text);
  if (age !== undefined) return now - age;
  const [whole, hours, zone] = TIME.exec(text) ?? [];
  const time = whole === undefined ? Number.NaN : Date.parse(hours !== undefined && zone === undefined ? `${whole.replace(' ', 'T')}Z` : whole.replace(' ', 'T'));
  if (!Number.isNaN(time)) return time;
  throw new TokaError('TOKA_USAGE', `--since takes a duration or a time, found "${text}"`, { hint: 'write for instance 90s, 12h, 30d, 2026-01-31 or 2026-01-31T12:00Z' });
}
