import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Account, openAccount, reserve, settle, type Use } from '../../src/capability/budgets.ts';
import type { Budget } from '../../src/config/config.ts';
import type { Ledger } from '../../src/journal/contract.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { makeJournal } from '../journal/fixtures.ts';

const process = thisProcess();
const NONE: Use = { cpu: 0, bytes: 0 };

/** Everything in one commit, which is then undone. */
function within<T>(work: (ledger: Ledger) => T): T {
  return makeJournal().journal.commit(({ ledger }) => work(ledger));
}

function open(ledger: Ledger, budget: Budget, run = 'root', now = 0): void {
  openAccount(ledger, run, { budget, now, process });
}

const accountOf = (ledger: Ledger, run = 'root'): Account => JSON.parse(ledger.get(`budget/${run}`) ?? 'null') as Account;
const exceeded = (name: keyof Budget): Error => expect.objectContaining({ code: 'TOKA_BUDGET_EXCEEDED', exitCode: 75, data: expect.objectContaining({ budget: name }) as unknown }) as Error;

describe('what is left', () => {
  test('of runs: as many as the budget says, the first included, and none comes back', () =>
    within((ledger) => {
      open(ledger, { calls: 2 });
      for (const run of ['root', 'child']) reserve(ledger, { run, accounts: ['root'], most: NONE }, 0);
      settle(ledger, { run: 'child', accounts: ['root'] }, NONE);
      expect(() => reserve(ledger, { run: 'third', accounts: ['root'], most: NONE }, 0)).toThrow(exceeded('calls'));
    }));

  test('of time: what the first run has not used, for whoever comes when', () =>
    within((ledger) => {
      open(ledger, { wall: 1000 });
      const left = (now: number): unknown => reserve(ledger, { run: `at ${now}`, accounts: ['root'], most: NONE }, now).left.wall;
      expect([left(0), left(400), left(-50_000)]).toEqual([1000, 600, 1000]);
      expect(() => left(1000)).toThrow(exceeded('wall'));
    }));

  test('of CPU time and output: less what runs that go on have reserved, and after them less what they used', () =>
    within((ledger) => {
      open(ledger, { cpu: 100, bytes: 50 });
      const draw = (run: string, most: Use): unknown => reserve(ledger, { run, accounts: ['root'], most }, 0).left;
      expect(draw('one', { cpu: 60, bytes: 20 })).toEqual({ cpu: 100, bytes: 50 });
      expect(draw('two', { cpu: 60, bytes: 20 })).toEqual({ cpu: 40, bytes: 30 });
      expect(() => draw('three', { cpu: 60, bytes: 20 })).toThrow(exceeded('cpu'));
      settle(ledger, { run: 'one', accounts: ['root'] }, { cpu: 10, bytes: 5 });
      expect(draw('three', { cpu: 60, bytes: 20 })).toEqual({ cpu: 50, bytes: 25 });
    }));

  test('for code without limits of its own: whatever is not used yet, reserved or not', () =>
    within((ledger) => {
      open(ledger, { bytes: 50 });
      reserve(ledger, { run: 'process', accounts: ['root'], most: { cpu: 1, bytes: 50 } }, 0);
      expect(reserve(ledger, { run: 'native', accounts: ['root'], most: NONE }, 0).left).toEqual({ bytes: 50 });
      settle(ledger, { run: 'process', accounts: ['root'] }, { cpu: 1, bytes: 50 });
      expect(() => reserve(ledger, { run: 'late', accounts: ['root'], most: NONE }, 0)).toThrow(exceeded('bytes'));
    }));
});

test('below a budget within a budget both are drawn on, and the tighter one bounds', () =>
  within((ledger) => {
    open(ledger, { bytes: 100, cpu: 10 }, 'root');
    open(ledger, { bytes: 30 }, 'inner');
    const share = reserve(ledger, { run: 'leaf', accounts: ['root', 'inner'], most: { cpu: 5, bytes: 20 } }, 0);
    expect(share).toEqual({ left: { bytes: 30, cpu: 10 }, bounds: { bytes: { limit: 30 }, cpu: { limit: 10 } } });
    settle(ledger, { run: 'leaf', accounts: ['root', 'inner'] }, { cpu: 2, bytes: 20 });
    expect([accountOf(ledger).used, accountOf(ledger, 'inner').used]).toEqual([
      { cpu: 2, bytes: 20 },
      { cpu: 2, bytes: 20 },
    ]);
  }));

test('the run that opened an account closes it, and nobody draws on it any more', () =>
  within((ledger) => {
    open(ledger, { calls: 9 });
    reserve(ledger, { run: 'root', accounts: ['root'], most: NONE }, 0);
    settle(ledger, { run: 'root', accounts: ['root'] }, NONE);
    expect(ledger.list('')).toEqual([]);
    expect(() => reserve(ledger, { run: 'late', accounts: ['root'], most: NONE }, 0)).toThrow(expect.objectContaining({ code: 'TOKA_BUDGET_EXCEEDED' }) as Error);
    settle(ledger, { run: 'late', accounts: ['root'] }, NONE);
    expect(ledger.list('')).toEqual([]);
  }));

test('accounts of processes that are gone, and what is no account, are cleared away by the next that is opened', () =>
  within((ledger) => {
    open(ledger, { calls: 1 }, 'alive');
    ledger.put('budget/killed', JSON.stringify({ ...accountOf(ledger, 'alive'), process: { ...process, start: 1 } }));
    ledger.put('budget/damaged', '{');
    ledger.put('budget/foreign', '{}');
    open(ledger, { calls: 1 }, 'new');
    expect(ledger.list('').map(({ key }) => key)).toEqual(['budget/alive', 'budget/new']);
  }));

test('whatever the order, used and reserved together never pass the budget while no run passes its share', () => {
  const anyStep = fc.record({ run: fc.integer({ min: 0, max: 5 }), cpu: fc.integer({ min: 1, max: 40 }), bytes: fc.integer({ min: 1, max: 40 }), part: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) =>
      within((ledger) => {
        open(ledger, { cpu: 100, bytes: 100 });
        const going = new Map<string, Use>();
        for (const { run: number, cpu, bytes, part } of steps) {
          const run = String(number);
          const held = going.get(run);
          if (held) {
            settle(ledger, { run, accounts: ['root'] }, { cpu: held.cpu * part, bytes: held.bytes * part });
            going.delete(run);
          } else {
            try {
              const { left } = reserve(ledger, { run, accounts: ['root'], most: { cpu, bytes } }, 0);
              going.set(run, { cpu: Math.min(cpu, left.cpu ?? 0), bytes: Math.min(bytes, left.bytes ?? 0) });
            } catch (error) {
              expect(error).toMatchObject({ code: 'TOKA_BUDGET_EXCEEDED' });
            }
          }
          const { used, reserved } = accountOf(ledger);
          const all = [used, ...Object.values(reserved)];
          for (const name of ['cpu', 'bytes'] as const) expect(all.reduce((sum, use) => sum + use[name], 0)).toBeLessThanOrEqual(100 + 1e-9);
          expect(Object.keys(reserved).toSorted()).toEqual([...going.keys()].toSorted());
        }
      }),
    ),
    { numRuns: 30 },
  );
});
