import type { Edit } from '../documents/spans.ts';
import type { Finding } from '../documents/report.ts';
import { daysIn, exists, iso, monthName, serial, weekday, weekdayName, type Day } from './calendar.ts';
import { outOfOrder } from './changelog.ts';
import { context, type Document, type Placed } from './document.ts';
import { rewrite } from './fix.ts';
import { discussesMistakes, looksAhead } from './label.ts';
import type { Written } from './scan.ts';

export interface RuleOptions {
  readonly today: Day;
  /** Days beyond today that don't count as future. */
  readonly grace: number;
  /** How `01/02/2025` is read; `auto` goes by the other dates of the same file. */
  readonly order: 'auto' | 'dmy' | 'mdy';
}

/** A finding, with the edit that puts it right where only one can be meant. */
export interface Found extends Omit<Finding, 'column' | 'line' | 'path'> {
  readonly start: number;
  readonly edit?: Edit;
}

/** Applies every rule to a document. */
export function judge(document: Document, options: RuleOptions): Found[] {
  const order = options.order === 'auto' ? usualOrder(document.dates) : options.order;
  const found: Found[] = [];
  for (const placed of document.dates) {
    const ambiguous = placed.date.ambiguous && order === undefined;
    const read = placed.date.ambiguous && order === 'mdy' ? swapped(placed) : placed;
    const one = ambiguous
      ? ambiguity(placed)
      : impossible(read) ?? wrongWeekday(read) ?? future(document, read, options) ?? implausible(read);
    if (one !== undefined) found.push(one);
  }
  found.push(...ranges(document), ...inconsistent(document), ...unordered(document), ...templates(document));
  return found.filter(({ start, text }) => !document.exempt.touches(start, start + text.length));
}

function usualOrder(dates: readonly Placed[]): 'dmy' | 'mdy' | undefined {
  const orders = new Set(
    dates.flatMap(({ date }) =>
      (date.style === 'slashed' || date.style === 'dashed') && date.order !== 'ymd' && !date.ambiguous && date.month !== date.day
        ? [date.order]
        : [],
    ),
  );
  return orders.size === 1 ? (orders.has('mdy') ? 'mdy' : 'dmy') : undefined;
}

function swapped({ date, ...rest }: Placed): Placed {
  return { ...rest, date: { ...date, month: date.day, day: date.month, order: 'mdy' } };
}

function ambiguity({ date }: Placed): Found {
  const [first, second] = [
    { year: date.year ?? 0, month: date.month, day: date.day },
    { year: date.year ?? 0, month: date.day, day: date.month },
  ];
  return {
    ...at(date),
    kind: 'ambiguous',
    severity: 'warning',
    message: `${date.text} can be ${iso(first)} or ${iso(second)}; write it as YYYY-MM-DD or say which order the files use`,
  };
}

function at(date: Written): { start: number; text: string } {
  return { start: date.start, text: date.text };
}

function dayOf(date: Written): Day | undefined {
  const day = { year: date.year ?? 0, month: date.month, day: date.day };
  return date.year !== undefined && exists(day) ? day : undefined;
}

function impossible({ date, around, label }: Placed): Found | undefined {
  const year = date.year ?? 2024;
  const { time } = date;
  const last = daysIn(year, date.month);
  let why: string | undefined;
  if (last === 0) why = `there is no month ${date.month}`;
  else if (date.day < 1 || date.day > last)
    why = `${monthName(date.month)}${date.year === undefined ? '' : ` ${date.year}`} has ${last} days`;
  else if (
    time !== undefined &&
    (time.hour > 24 || time.minute > 59 || time.second > 60 || (time.hour === 24 && time.minute + time.second > 0))
  )
    why = 'there is no such time of day';
  if (why === undefined || (label === undefined && discussesMistakes(around))) return undefined;
  const suggestion =
    last > 0 && date.day > last && date.year !== undefined ? rewrite(date, { year, month: date.month, day: last }) : undefined;
  return {
    ...at(date),
    kind: 'impossible',
    severity: 'error',
    message: `${date.text} doesn't exist: ${why}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function wrongWeekday({ date, around }: Placed): Found | undefined {
  const day = dayOf(date);
  if (day === undefined || date.weekday === undefined || weekday(day) === date.weekday || day.year < 1900 || discussesMistakes(around))
    return undefined;
  return {
    ...at(date),
    kind: 'weekday',
    severity: 'warning',
    message: `${iso(day)} was a ${weekdayName(weekday(day))}, not a ${weekdayName(date.weekday)}`,
  };
}

function future(document: Document, { date, label, around }: Placed, { today, grace }: RuleOptions): Found | undefined {
  const day = dayOf(date);
  if (day === undefined || serial(day) <= serial(today) + grace) return undefined;
  if (label === 'start' || label === 'end' || label === 'later') return undefined;
  const release = document.entries.some((entry) => document.dates[entry.date]?.date === date);
  if (label === 'updated') {
    const text = rewrite(date, today);
    const edit = { start: date.start, end: date.end, text };
    return {
      ...at(date),
      kind: 'future',
      severity: 'error',
      message: `it can't have been updated on ${iso(day)}: today is ${iso(today)}`,
      suggestion: text,
      edit,
    };
  }
  if (release)
    return {
      ...at(date),
      kind: 'future',
      severity: 'error',
      message: `a release dated ${iso(day)} is in the future: today is ${iso(today)}`,
    };
  if (label === undefined && (day.year >= 2100 || looksAhead(around) || looksAhead(context(document, date.start)))) return undefined;
  return { ...at(date), kind: 'future', severity: 'warning', message: `${iso(day)} is in the future: today is ${iso(today)}` };
}

/** Days that programs and templates write where nobody has set one. */
const defaults = new Set(['0001-01-01', '1900-01-01', '1970-01-01', '1980-01-01', '2000-01-01']);

function implausible({ date, label }: Placed): Found | undefined {
  const day = dayOf(date);
  if (day === undefined || (label !== 'updated' && label !== 'created')) return undefined;
  if (defaults.has(iso(day)))
    return { ...at(date), kind: 'template', severity: 'warning', message: `${iso(day)} looks like a default that nobody has set` };
  if (day.year < 1980)
    return { ...at(date), kind: 'implausible', severity: 'warning', message: `the year ${day.year} is unlikely for a document` };
  if (label === 'updated' && day.month === 1 && day.day === 1) {
    return { ...at(date), kind: 'template', severity: 'warning', message: `${iso(day)} looks like a date from a template` };
  }
  return undefined;
}

function ranges({ text, dates }: Document): Found[] {
  return dates.flatMap(({ date }, index) => {
    const before = dates[index - 1]?.date;
    if (before === undefined || before.ambiguous || date.ambiguous) return [];
    const [start, end] = [dayOf(before), dayOf(date)];
    if (start === undefined || end === undefined || serial(end) >= serial(start) || date.start - before.end > 12) return [];
    if (!/^\s*(?:[-–—→]|->|to|until|till|through|\.{2,3})\s*$/.test(text.slice(before.end, date.start))) return [];
    return [
      { ...at(date), kind: 'range', severity: 'warning' as const, message: `the end ${iso(end)} lies before the start ${iso(start)}` },
    ];
  });
}

/** Front matter speaks of the document, what follows may speak of other things. */
function inconsistent({ dates, front }: Document): Found[] {
  const parts = [dates.filter(({ date }) => date.start < front), dates.filter(({ date }) => date.start >= front)];
  return parts.flatMap((part) => [
    ...pair(part, 'created', 'updated', (first, last) => `it was updated on ${iso(last)}, before it was made on ${iso(first)}`),
    ...pair(part, 'start', 'end', (first, last) => `the end ${iso(last)} lies before the start ${iso(first)}`),
  ]);
}

/** Compares two labels where each stands once: a list of many things says nothing about one of them. */
function pair(
  dates: readonly Placed[],
  earlier: 'created' | 'start',
  later: 'end' | 'updated',
  say: (first: Day, last: Day) => string,
): Found[] {
  const first = dates.filter((placed) => placed.label === earlier);
  const last = dates.filter((placed) => placed.label === later);
  const [one, two] = [first[0]?.date, last[0]?.date];
  if (first.length !== 1 || last.length !== 1 || one === undefined || two === undefined || one.ambiguous || two.ambiguous) return [];
  const [start, end] = [dayOf(one), dayOf(two)];
  if (start === undefined || end === undefined || serial(end) >= serial(start)) return [];
  return [{ ...at(two), kind: earlier === 'start' ? 'range' : 'inconsistent', severity: 'warning', message: say(start, end) }];
}

function unordered(document: Document): Found[] {
  const existing = document.entries.filter((entry) => exists(entry.day));
  return outOfOrder(existing).flatMap(({ entry, follows }) => {
    const date = document.dates[entry.date]?.date;
    if (date === undefined) return [];
    const message = `${entry.version.join('.')} is dated ${iso(entry.day)}, before ${follows.version.join('.')} of ${iso(
      follows.day,
    )}, which it follows`;
    return [{ ...at(date), kind: 'order', severity: 'warning' as const, message }];
  });
}

function templates(document: Document): Found[] {
  return document.placeholders.map(({ start, text }) => ({
    start,
    text,
    kind: 'template',
    severity: 'warning',
    message: `${text} was never filled in`,
  }));
}
