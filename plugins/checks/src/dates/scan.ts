import type { Span } from '../documents/spans.ts';

/** How a date is written: year first, day first, month first, or the same with the month's name. */
export type Order = 'dmy' | 'mdy' | 'ymd';

/** Something written as a date; whether the day exists is another question. */
export interface Written extends Span {
  readonly text: string;
  readonly order: Order;
  /** Absent in `31 April`. */
  readonly year?: number;
  readonly month: number;
  readonly day: number;
  /** `named` with the month's name. */
  readonly style: 'dashed' | 'dotted' | 'named' | 'slashed';
  /** Both orders of day and month make sense. */
  readonly ambiguous: boolean;
  /** The time of day as written, where one follows an ISO date. */
  readonly time?: { readonly hour: number; readonly minute: number; readonly second: number };
  /** 0 = Sunday. */
  readonly weekday?: number;
}

export interface Scanned {
  readonly dates: readonly Written[];
  /** `YYYY-MM-DD` and the like. */
  readonly placeholders: readonly (Span & { readonly text: string })[];
}

const months =
  'January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec';
const monthNames = `${months}|${months.toUpperCase()}`;
const weekdays = '(Sun|Mon|Tue|Wed|Thu|Fri|Sat|SUN|MON|TUE|WED|THU|FRI|SAT)(?:day|sday|nesday|rsday|urday|DAY|s|rs|r)?';
const before = String.raw`(?<![A-Za-z0-9./\\\-@#&?%+~$,])(?<![A-Za-z0-9]_)`;
const after = String.raw`(?![A-Za-z0-9/\\@%]|-[A-Za-z0-9]|[._][A-Za-z0-9])`;
const time = String.raw`(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?`;
const isoDate = new RegExp(String.raw`${before}(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)${time}${after}`, 'g');
const numeric = new RegExp(String.raw`${before}(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${after}`, 'g');
const ordinal = '(?:st|nd|rd|th)?';
const gap = '[ \\u00a0]{1,2}';
const optionalYear = String.raw`(\d{4})\b(?![-./:]\d)`;
const monthFirst = new RegExp(
  [
    String.raw`(?:\b${weekdays}[.,]{0,2}${gap})?\b(${monthNames})\b\.?${gap}(\d{1,2})${ordinal}(?![\w%]|[.:/-]\d)`,
    String.raw`(?:,?${gap}${optionalYear})?`,
  ].join(''),
  'g',
);
const dayFirst = new RegExp(
  [
    String.raw`(?:\b${weekdays}[.,]{0,2}${gap}(?:the )?)?(?<![\w.,:/\-–#$+])(\d{1,2})${ordinal}(?:${gap}(?:of )?|-)`,
    String.raw`(${monthNames})\b(?:\.?,?(?:${gap}|-)${optionalYear})?`,
  ].join(''),
  'g',
);
const placeholder = new RegExp(
  [
    String.raw`(?<![\w/.-])(?:(?:YYYY|yyyy|20XX|20xx|202X|202x|XXXX|\d{4})([-/.])(?:MM|mm|XX|xx|\?\?)\1(?:DD|dd|XX|xx|\?\?)`,
    String.raw`|(?:DD|dd|XX)([-/.])(?:MM|mm|XX)\2(?:YYYY|yyyy|XXXX)|(?:MM|mm)([-/.])(?:DD|dd)\3(?:YYYY|yyyy)|0000-00-00)(?![\w/-])`,
  ].join(''),
  'g',
);

/**
 * Finds what is written as a date: ISO 8601 with or without a time, `2025/01/31`, `31.01.2025`, `31/01/2025`, `01-31-2025`, `January 31,
 * 2025`, `Jan. 31st 2025`, `31 January 2025`, `31-Jan-2025`, `31st of January`, with or without a weekday. Not dates: `20250131` (a
 * number), `2025.01.31` (a version), `2025-Q1` and `March 2025` (periods), anything that is part of a longer word, path or number.
 *
 * @param text Any text. Time is linear in its length.
 * @returns The dates in the order of the text.
 */
export function scan(text: string): Scanned {
  const dates = [...scanIso(text), ...scanNumeric(text), ...scanNamed(text)].toSorted((a, b) => a.start - b.start);
  return {
    dates: dates.filter((date, index) => index === 0 || date.start >= (dates[index - 1]?.end ?? 0)),
    placeholders: [...text.matchAll(placeholder)].map((found) => ({ ...place(found), text: found[0] })),
  };
}

function place(found: RegExpExecArray): Span {
  return { start: found.index, end: found.index + found[0].length };
}

function* scanIso(text: string): Generator<Written> {
  for (const found of text.matchAll(isoDate)) {
    const [year, month, day] = [Number(found[1]), Number(found[3]), Number(found[4])];
    if ((month > 12 || day > 31) && (year < 1900 || year > 2099)) continue;
    if (month === 0 || day === 0 || (found[2] === '/' && (month > 12 || day > 31))) continue;
    yield {
      ...place(found),
      text: found[0],
      order: 'ymd',
      year,
      month,
      day,
      style: found[2] === '/' ? 'slashed' : 'dashed',
      ambiguous: false,
      ...(found[5] === undefined ? {} : { time: { hour: Number(found[5]), minute: Number(found[6]), second: Number(found[7] ?? 0) } }),
    };
  }
}

function* scanNumeric(text: string): Generator<Written> {
  for (const found of text.matchAll(numeric)) {
    const [first, second, year] = [Number(found[1]), Number(found[3]), Number(found[4])];
    if (year < 1900 || year > 2099 || first === 0 || second === 0 || first > 31 || second > 31) continue;
    const dotted = found[2] === '.';
    if (dotted && (second > 12 || /\b(?:version|release|build|v)\s$/i.test(text.slice(Math.max(0, found.index - 12), found.index))))
      continue;
    const order = !dotted && first <= 12 && second > 12 ? 'mdy' : 'dmy';
    yield {
      ...place(found),
      text: found[0],
      order,
      year,
      ...(order === 'mdy' ? { month: first, day: second } : { month: second, day: first }),
      style: dotted ? 'dotted' : found[2] === '/' ? 'slashed' : 'dashed',
      ambiguous: !dotted && first <= 12 && second <= 12 && first !== second,
    };
  }
}

function* scanNamed(text: string): Generator<Written> {
  const found = [
    ...[...text.matchAll(monthFirst)].map((match) => named(match, 'mdy', match[1], match[2], match[3], match[4])),
    ...[...text.matchAll(dayFirst)].map((match) => named(match, 'dmy', match[1], match[3], match[2], match[4])),
  ].toSorted((a, b) => Number(a.year === undefined) - Number(b.year === undefined) || a.start - b.start);
  const taken = new Set<number>();
  for (const date of found) {
    if (date.day > 31 && date.year === undefined) continue;
    let free = true;
    for (let at = date.start; at < date.end; at++) if (taken.has(at)) free = false;
    for (let at = date.start; at < date.end; at++) taken.add(at);
    if (free) yield date;
  }
}

function named(match: RegExpExecArray, order: Order, dayName: string | undefined, month = '', day = '', year: string | undefined): Written {
  return {
    ...place(match),
    text: match[0],
    order,
    ...(year === undefined ? {} : { year: Number(year) }),
    month: monthNumber(month),
    day: Number(day),
    style: 'named',
    ambiguous: false,
    ...(dayName === undefined ? {} : { weekday: weekdayNumber(dayName) }),
  };
}

/** 1-12 for the name of a month, whole or shortened. */
function monthNumber(name: string): number {
  return ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function weekdayNumber(name: string): number {
  return ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].indexOf(name.slice(0, 3).toLowerCase());
}
