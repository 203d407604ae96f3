import { expect, it } from 'vitest';
import { keepCount } from '../../../src/sandbox/limits/kept.ts';

const totals = (...looks: number[]): number[] => {
  const keep = keepCount();
  return looks.map((look) => keep(look).total);
};

it('what only grows is told as it is', () => {
  expect(totals(0, 10, 10, 30)).toEqual([0, 10, 10, 30]);
});

it('what is less once, since its parent had not taken it over yet, is not counted twice', () => {
  expect(totals(50, 10, 60)).toEqual([50, 10, 60]);
});

it('what is dropped is kept, also where others have taken some since', () => {
  expect(totals(50, 10, 20, 60)).toEqual([50, 10, 60, 100]);
});

it('what is dropped is kept', () => {
  const keep = keepCount();
  expect([50, 10, 10, 40, 0, 0].map((look) => keep(look))).toEqual([
    { total: 50, isWhole: true },
    { total: 10, isWhole: true },
    { total: 50, isWhole: false },
    { total: 80, isWhole: false },
    { total: 40, isWhole: false },
    { total: 80, isWhole: false },
  ]);
});
