import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keepCount } from '../../../src/sandbox/limits/kept.ts';

const looks = (...counts: Record<string, number>[]): { total: number; isWhole: boolean }[] => {
  const keep = keepCount();
  return counts.map((count) => keep(new Map(Object.entries(count))));
};

const totals = (...counts: Record<string, number>[]): number[] => looks(...counts).map(({ total }) => total);

it('what only grows is told as it is', () => {
  expect(totals({ a: 0 }, { a: 10 }, { a: 10, b: 20 })).toEqual([0, 10, 30]);
});

it('what a parent takes over is not counted twice', () => {
  expect(looks({ a: 10, b: 40 }, { a: 50 }, { a: 50 })).toEqual([50, 50, 50].map((total) => ({ total, isWhole: true })));
});

it('what a parent takes over only after it was looked at is not counted twice', () => {
  expect(looks({ a: 10, b: 40 }, { a: 10 }, { a: 50 }, { a: 50 })).toEqual([50, 10, 50, 50].map((total) => ({ total, isWhole: true })));
});

it('what is dropped is kept', () => {
  expect(looks({ a: 10, b: 40 }, { a: 10 }, { a: 10 })).toEqual([
    { total: 50, isWhole: true },
    { total: 10, isWhole: true },
    { total: 50, isWhole: false },
  ]);
});

it('what is dropped is kept where the next process has counted as much already', () => {
  expect(totals({ a: 0, b: 20 }, { a: 0, c: 20 }, { a: 0, d: 20 }, { a: 0, e: 20 })).toEqual([20, 20, 40, 60]);
});

/** Processes of one parent, of which each writes, ends and is waited for, or not, and is looked at in between. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), child: fc.nat(3), bytes: fc.nat(100) }),
  fc.record({ kind: fc.constant('end' as const), child: fc.nat(3), isWaitedFor: fc.boolean() }),
  fc.constant({ kind: 'look' as const }),
);

it('never tells more than was written, nor that something was dropped where each process was waited for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const keep = keepCount();
      const living = new Map([['parent', 0]]);
      let [written, ended, wasDropped] = [0, 0, false];
      for (const one of steps) {
        if (one.kind === 'look') {
          const { total, isWhole } = keep(new Map(living));
          expect(total).toBeLessThanOrEqual(written);
          if (!wasDropped) expect({ total, isWhole }).toEqual({ total: written, isWhole: true });
          continue;
        }
        const id = `${one.child}@${ended}`;
        if (one.kind === 'write') {
          living.set(id, (living.get(id) ?? 0) + one.bytes);
          written += one.bytes;
        } else {
          const left = living.get(id) ?? 0;
          living.delete(id);
          ended += 1;
          if (one.isWaitedFor) living.set('parent', living.get('parent')! + left);
          else wasDropped ||= left > 0;
        }
      }
    }),
  );
});
