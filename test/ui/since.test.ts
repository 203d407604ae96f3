import { expect, test } from 'vitest';
import { parseAge } from '../../src/manifest/units.ts';
import { parseSince } from '../../src/ui/since.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');

test.each([
  ['30d', 30 * 86_400_000],
  ['2w', 14 * 86_400_000],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['30', undefined],
  ['-1d', undefined],
  ['1.5d', undefined],
])('%s is an age of %s ms', (text, expected) => {
  expect(parseAge(text)).toBe(expected);
});

test.each([
  ['1d', '2026-06-14T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T12:00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31 12:00:05', '2026-01-31T12:00:05.000Z'],
  ['2026-01-31T12:00:05.25+02:00', '2026-01-31T10:00:05.250Z'],
])('since %s is since %s', (text, expected) => {
  expect(new Date(parseSince(text, NOW)).toISOString()).toBe(expected);
});

test.each(['', 'now', '2026', '2026-13-01', '2026-01-31T25:00', '12:00', '2026-01-31T12:00 UTC'])('"%s" is no time', (text) => {
  expect(() => parseSince(text, NOW)).toThrow(expect.objectContaining({ code: 'TOKA_USAGE' }));
});
