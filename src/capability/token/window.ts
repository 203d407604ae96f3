import { TokaError } from '../../errors.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
type Day = (typeof DAYS)[number];

/** Times of the week at which something holds: from `from` until before `to`, minutes of the day, on clocks in that zone. */
export interface Window {
  readonly days: readonly Day[];
  readonly from: number;
  /** Not later than `from`: of the next day. */
  readonly to: number;
  /** As the IANA database names it. */
  readonly zone: string;
}

const FORM = /^(\S+) (\d\d):(\d\d)-(\d\d):(\d\d) ([A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*)$/;

/**
 * Parses `DAYS FROM-TO ZONE`. A window that ends at or before its beginning goes over midnight and belongs to the day on which it begins.
 *
 * @example parseWindow('Mon-Fri 09:00-17:00 Europe/Berlin')
 * @throws TokaError TOKA_USAGE
 */
export function parseWindow(text: string): Window {
  const [, days = '', fromHour, fromMinute, toHour, toMinute, zone = ''] = FORM.exec(text) ?? [];
  const [from, to] = [minutes(fromHour, fromMinute), minutes(toHour, toMinute)];
  const named = days.split(',').map(range);
  if (from === undefined || to === undefined || from === DAY || named.includes(undefined) || !isZone(zone)) {
    throw new TokaError('TOKA_USAGE', `"${text}" is not a time window`, { hint: 'write for instance "Mon-Fri 09:00-17:00 Europe/Berlin" or "Sat,Sun 22:00-06:00 UTC"' });
  }
  return { days: DAYS.filter((day) => named.flat().includes(day)), from, to, zone };
}

/** Prints a window in the form that `parseWindow` reads. */
export function printWindow({ days, from, to, zone }: Window): string {
  return `${days.join(',')} ${clock(from)}-${clock(to)} ${zone}`;
}

/** Whether a moment, milliseconds since 1970, lies in the window. */
export function isWithin({ days, from, to, zone }: Window, now: number): boolean {
  const { day, minute } = local(now, zone);
  const isOn = (each: Day): boolean => days.includes(each);
  if (from < to) return isOn(day) && minute >= from && minute < to;
  return (isOn(day) && minute >= from) || (isOn(before(day)) && minute < to);
}

const DAY = 24 * 60;

function range(text: string): readonly Day[] | undefined {
  const [first = '', last = first, ...more] = text.split('-');
  const [from, to] = [DAYS.indexOf(first as Day), DAYS.indexOf(last as Day)];
  if (from === -1 || to === -1 || more.length > 0) return undefined;
  return from <= to ? DAYS.slice(from, to + 1) : [...DAYS.slice(from), ...DAYS.slice(0, to + 1)];
}

function before(day: Day): Day {
  return DAYS.at(DAYS.indexOf(day) - 1)!;
}

function minutes(hour: string | undefined, minute: string | undefined): number | undefined {
  const value = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && value <= DAY ? value : undefined;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function local(now: number, zone: string): { readonly day: Day; readonly minute: number } {
  const parts = new Map(formatter(zone).formatToParts(now).map(({ type, value }) => [type, value]));
  return { day: parts.get('weekday') as Day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than everything else here. */
function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formatters.set(zone, made);
  return made;
}

function isZone(zone: string): boolean {
  try {
    formatter(zone);
    return true;
  } catch {
    return false;
  }
}
