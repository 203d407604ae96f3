import { describe, expect, test } from 'vitest';
import { isWithin, parseWindow, printWindow } from '../../../src/capability/token/window.ts';

const at = (window: string, time: string): boolean => isWithin(parseWindow(window), Date.parse(time));

describe('a window of the week', () => {
  test.each([
    ['2026-05-06T06:59:59Z', false],
    ['2026-05-06T07:00:00Z', true],
    ['2026-05-06T14:59:59Z', true],
    ['2026-05-06T15:00:00Z', false],
    ['2026-05-09T10:00:00Z', false],
  ])('counts by the clocks of its zone, from its beginning until before its end: %s', (time, holds) => {
    expect(at('Mon-Fri 09:00-17:00 Europe/Berlin', time)).toBe(holds);
  });

  test('keeps to local time when the clocks there change', () => {
    expect([at('Sun 09:00-10:00 Europe/Berlin', '2026-03-22T08:30:00Z'), at('Sun 09:00-10:00 Europe/Berlin', '2026-03-29T07:30:00Z')]).toEqual([true, true]);
    expect(at('Sun 09:00-10:00 Europe/Berlin', '2026-03-29T08:30:00Z')).toBe(false);
  });

  test('over midnight belongs to the day on which it begins', () => {
    const window = 'Fri 22:00-06:00 UTC';
    expect(['2026-05-08T21:59:00Z', '2026-05-08T22:00:00Z', '2026-05-09T05:59:00Z', '2026-05-09T06:00:00Z', '2026-05-08T05:00:00Z'].map((time) => at(window, time))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test('may go on until the end of the day', () => {
    expect([at('Wed 12:00-24:00 UTC', '2026-05-06T23:59:59Z'), at('Wed 12:00-24:00 UTC', '2026-05-07T00:00:00Z')]).toEqual([true, false]);
  });

  test.each([
    ['Mon-Fri 09:00-17:00 Europe/Berlin', 'Mon,Tue,Wed,Thu,Fri 09:00-17:00 Europe/Berlin'],
    ['Sat-Mon 00:00-24:00 UTC', 'Mon,Sat,Sun 00:00-24:00 UTC'],
    ['Wed,Mon 22:00-06:00 Etc/GMT+1', 'Mon,Wed 22:00-06:00 Etc/GMT+1'],
  ])('%s is printed in one form, which means the same', (text, printed) => {
    expect(printWindow(parseWindow(text))).toBe(printed);
    expect(parseWindow(printed)).toEqual(parseWindow(text));
  });

  test.each([
    '',
    'Mon',
    'Mon 09:00-17:00',
    'Mon 09:00-17:00 Europe/Atlantis',
    'Mon 09:00-17:00 +02:00',
    'Mon 9:00-17:00 UTC',
    'Mon 09:60-17:00 UTC',
    'Mon 24:00-17:00 UTC',
    'Mon 09:00-24:01 UTC',
    'mon 09:00-17:00 UTC',
    'Mon-Tue-Wed 09:00-17:00 UTC',
    'Mon, 09:00-17:00 UTC',
    'Mon 09:00-17:00 UTC extra',
  ])('%j is none', (text) => {
    expect(() => parseWindow(text)).toThrow(expect.objectContaining({ code: 'TOKA_USAGE' }));
  });
});
