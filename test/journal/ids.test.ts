import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIds, systemClock, systemRandom } from '../../src/journal/ids.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('an id carries the time in its first 48 bits', () => {
  const id = createIds({ now: () => 0x0198_c3a2_7f3e }, systemRandom)();
  expect(id).toMatch(UUID_V7);
  expect(id.slice(0, 13)).toBe('0198c3a2-7f3e');
});

test('ids sort in the order in which they were made, whatever the clock does and the random source gives', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 47 }), { minLength: 2 }), fc.integer({ min: 0, max: 255 }), (times, byte) => {
      let calls = 0;
      const next = createIds({ now: () => times[calls++] ?? 1 }, (bytes) => bytes.fill(byte));
      const ids = times.map(() => next());
      expect(ids).toEqual(ids.toSorted());
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(UUID_V7);
    }),
  );
});

test('more ids than the counter holds, in one millisecond, still sort and differ', () => {
  const next = createIds({ now: () => 1_700_000_000_000 }, (bytes) => bytes.fill(0xff));
  const ids = Array.from({ length: 10_000 }, next);
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

test('two sources do not give the same id at the same time', () => {
  const clock = { now: () => 1_700_000_000_000 };
  expect(createIds(clock, systemRandom)()).not.toBe(createIds(clock, systemRandom)());
  expect(createIds(systemClock, systemRandom)()).toMatch(UUID_V7);
});
