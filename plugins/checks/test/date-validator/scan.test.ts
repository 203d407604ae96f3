import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exists, serial, weekday, type Day } from '../../src/dates/calendar.ts';
import { rewrite } from '../../src/dates/fix.ts';
import { scan } from '../../src/dates/scan.ts';

const only = (text: string): (number | undefined)[] => scan(text).dates.flatMap(({ year, month, day }) => [year, month, day]);

test.each([
  ['2025-01-31', 2025, 1, 31],
  ['2025-1-5', 2025, 1, 5],
  ['2025-01-31T10:20:30.5Z', 2025, 1, 31],
  ['2025-01-31 10:20 +02:00', 2025, 1, 31],
  ['2025/01/31', 2025, 1, 31],
  ['31.01.2025', 2025, 1, 31],
  ['31/01/2025', 2025, 1, 31],
  ['01/31/2025', 2025, 1, 31],
  ['31-01-2025', 2025, 1, 31],
  ['January 31, 2025', 2025, 1, 31],
  ['Jan 31st, 2025', 2025, 1, 31],
  ['Sept. 3 2025', 2025, 9, 3],
  ['31 January 2025', 2025, 1, 31],
  ['31st of January, 2025', 2025, 1, 31],
  ['31-Jan-2025', 2025, 1, 31],
  ['FRIDAY, 31 JANUARY 2025', 2025, 1, 31],
  ['Fri, 31 Jan 2025 10:00:00 GMT', 2025, 1, 31],
  ['updated:2025-01-31', 2025, 1, 31],
  ['更新于2025-01-31。', 2025, 1, 31],
  ['_2025-02-30_.', 2025, 2, 30],
  ['31 April', undefined, 4, 31],
])('%s is a date', (text, year, month, day) => {
  expect(only(`before ${text} after`)).toEqual([year, month, day]);
  expect(only(text)).toEqual([year, month, day]);
});

test.each([
  '20250131',
  '2025.01.31',
  '2025-Q1',
  'March 2025',
  '1.2.3',
  '192.168.20.1',
  'v10.12.2024',
  'version 1.12.2024',
  '1.12.2024.7',
  'a/2025/01/31/b',
  '2025-01-31-title.md',
  'report_2025-01-31',
  '2025-01-31.log',
  'pkg@2025-01-31',
  '1234-56-78',
  '555-12-1234',
  'May 10:30',
  'May 5%',
  'mayor 12, 2024',
  '99/99/2025',
])('%s is no date', (text) => {
  expect(scan(`see ${text} here`).dates).toEqual([]);
});

const days = fc
  .record({ year: fc.integer({ min: 1900, max: 2099 }), month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 31 }) })
  .filter((day) => exists(day));
const samples = [
  '2025-01-31',
  '2025/1/5',
  '31.01.2025',
  '5/1/2025',
  'January 31st, 2025',
  'Sep 3, 2025',
  'Friday, 31 January 2025',
  'FRI, 05-JAN-2025',
  '2025-03-01T10:20:00Z',
];

describe('rewriting', () => {
  test('gives the new day, in the same manner and with the right weekday', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), days, (text, day: Day) => {
        const [date] = scan(text).dates;
        if (date === undefined) throw new Error(text);
        const [again] = scan(rewrite(date, day)).dates;
        if (again === undefined) throw new Error(rewrite(date, day));
        expect({ year: again.year, month: again.month, day: again.day }).toEqual(day);
        expect(again.style).toBe(date.style);
        expect(again.weekday).toBe(date.weekday === undefined ? undefined : weekday(day));
        expect(rewrite(again, day)).toBe(rewrite(date, day));
      }),
    );
  });

  test('the calendar agrees with the platform', () => {
    fc.assert(
      fc.property(days, (day) => {
        const date = new Date(Date.UTC(day.year, day.month - 1, day.day));
        expect([date.getUTCDate(), date.getUTCDay(), date.getTime() / 86_400_000]).toEqual([day.day, weekday(day), serial(day)]);
      }),
    );
  });
});
