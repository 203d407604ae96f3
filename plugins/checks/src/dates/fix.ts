import { monthName, weekday, weekdayName, type Day } from './calendar.ts';
import type { Written } from './scan.ts';

/**
 * Writes another day the way a date is written: order, separators, padding, ordinals, short names and capitals are kept, and so is a time
 * of day.
 *
 * @param date The date as it stands.
 * @param day The day to write; its year has four digits.
 * @returns The text for the date's span.
 */
export function rewrite(date: Written, day: Day): string {
  return date.style === 'named' ? rewriteNamed(date, day) : rewriteNumeric(date, day);
}

function rewriteNumeric(date: Written, day: Day): string {
  const values = { ymd: [day.year, day.month, day.day], dmy: [day.day, day.month, day.year], mdy: [day.month, day.day, day.year] }[
    date.order
  ];
  const padded =
    [...date.text.matchAll(/\d+/g)].slice(0, 3).some(([digits]) => digits.startsWith('0')) ||
    !/(?<!\d)\d(?!\d)/.test(date.text.slice(0, 10));
  let part = 0;
  return date.text.replaceAll(/\d+/g, (digits) => {
    const value = values[part++];
    return value === undefined ? digits : String(value).padStart(padded ? 2 : 1, '0');
  });
}

function rewriteNamed(date: Written, day: Day): string {
  let text = date.text.replace(/\d{4}/, String(day.year).padStart(4, '0'));
  text = text.replace(/(?<!\d)(\d{1,2})(st|nd|rd|th)?(?!\d)/, (_, digits: string, suffix: string | undefined) => {
    const number = digits.startsWith('0') ? String(day.day).padStart(2, '0') : String(day.day);
    return suffix === undefined ? number : `${number}${ordinal(day.day)}`;
  });
  text = text.replace(/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/i, (name) => like(name, monthName(day.month)));
  if (date.weekday === undefined) return text;
  return text.replace(/^[A-Za-z]+/, (name) => like(name, weekdayName(weekday(day))));
}

function like(old: string, name: string): string {
  const whole = old.length > 4 || old.toLowerCase() === 'may' || ['june', 'july'].includes(old.toLowerCase());
  const written = whole ? name : name.slice(0, 3);
  return old === old.toUpperCase() ? written.toUpperCase() : written;
}

function ordinal(day: number): string {
  if (day > 10 && day < 14) return 'th';
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th';
}
