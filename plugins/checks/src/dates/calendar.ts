const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** A day of the Gregorian calendar. */
export interface Day {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  /** 1-31. */
  readonly day: number;
}

/** The last day of a month; 0 where there is no such month. */
export function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

export function exists({ year, month, day }: Day): boolean {
  return day >= 1 && day <= daysIn(year, month);
}

/** Days since 1970-01-01. */
export function serial({ year, month, day }: Day): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 86_400_000;
}

/** 0 = Sunday. */
export function weekday(day: Day): number {
  return (((serial(day) + 4) % 7) + 7) % 7;
}

/** `2025-01-31`. */
export function iso({ year, month, day }: Day): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** The inverse of {@link iso}; `undefined` for anything that is not an existing day. */
export function parseIso(text: string): Day | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (found === null) return undefined;
  const day = { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) };
  return exists(day) ? day : undefined;
}

/** The day of a time (milliseconds since 1970) where the machine stands. */
export function dayOf(time: number): Day {
  const now = new Date(time);
  return { year: now.getFullYear(), month: now.getMonth() + 1, day: now.getDate() };
}

export function monthName(month: number): string {
  return monthNames[month - 1] ?? '';
}

export function weekdayName(number: number): string {
  return weekdayNames[number] ?? '';
}
