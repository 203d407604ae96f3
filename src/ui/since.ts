import { TokaError } from '../errors.ts';
import { parseAge } from '../manifest/units.ts';

/** A time as ISO 8601 writes it, to the day, the minute or finer. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Reads since when (or until when): a duration before now, or a time, which is in UTC unless it says otherwise.
 *
 * @returns Milliseconds since 1970.
 * @throws TokaError TOKA_USAGE
 */
export function parseSince(text: string, now: number, flag = 'since'): number {
  const age = parseAge(text);
  if (age !== undefined) return now - age;
  const [whole, hours, zone] = TIME.exec(text) ?? [];
  const time = whole === undefined ? Number.NaN : Date.parse(hours !== undefined && zone === undefined ? `${whole.replace(' ', 'T')}Z` : whole.replace(' ', 'T'));
  if (!Number.isNaN(time)) return time;
  throw new TokaError('TOKA_USAGE', `--${flag} takes a duration or a time, found "${text}"`, { hint: 'write for instance 90s, 12h, 30d, 2026-01-31 or 2026-01-31T12:00Z' });
}
