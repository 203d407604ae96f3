import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration, parsePercent, parseSize, printDuration, printPercent, printSize } from '../../src/manifest/units.ts';
import { anyCharacter } from '../support/any-character.ts';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['1k', 1024],
    ['256M', 268_435_456],
    ['256MB', 268_435_456],
    ['256 MiB', 268_435_456],
    ['2G', 2_147_483_648],
    ['12B', 12],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'M', '-1M', '1.5M', '1e3', '1MM', '1 K B', ' 1', '0x10', '99999999T', '١M', '1M\n'])('%j is not a size', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test('every size that is printed reads back as the same number', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(printSize(bytes)) === bytes));
    fc.assert(
      fc.property(fc.nat(8191), fc.nat(4), (count, power) => parseSize(printSize(count * 1024 ** power)) === count * 1024 ** power),
    );
  });

  test('a size is printed with the largest unit that divides it', () => {
    expect([printSize(0), printSize(1000), printSize(1536), printSize(128 * 1024 ** 2)]).toEqual(['0', '1000', '1536', '128M']);
  });
});

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['0.001s', 1],
  ])('%s is %i milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '30', 's', '-1s', '1.s', '.5s', '1.0001s', '0.5ms', '1 d', '1S', '1s ', '1h30m', '1e3s'])(
    '%j is not a duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('every duration that is printed reads back as the same number', () => {
    fc.assert(fc.property(fc.nat(2 ** 31), (milliseconds) => parseDuration(printDuration(milliseconds)) === milliseconds));
  });
});

describe('shares of a core', () => {
  test.each([
    ['50%', 50],
    ['12.5%', 12.5],
    ['0.25 %', 0.25],
    ['200%', 200],
  ])('%s is %d', (text, percent) => {
    expect(parsePercent(text)).toBe(percent);
  });

  test.each(['', '50', '%', '0%', '-5%', '1.234%', 'NaN%', '1e2%'])('%j is not a share', (text) => {
    expect(parsePercent(text)).toBeUndefined();
  });

  test('every share that is printed reads back as the same number', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000_000 }), (cents) => parsePercent(printPercent(cents / 100)) === cents / 100));
  });
});

test('no text makes a reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      for (const read of [parseSize, parseDuration, parsePercent])
        expect([undefined, 'number']).toContain(typeof read(text) === 'number' ? 'number' : undefined);
    }),
  );
});
