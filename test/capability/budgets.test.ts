import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Account, openAccount, reserve, settle, type Use } from '../../src/capability/budgets.ts';
import type { Budget } from '../../src/config/config.ts';
import type { Ledger } from '../../src/journal/contract.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { makeJournal } from '../journal/fixtures.ts';

const process = thisProcess();
const NONE: Use = { cpu: 0, bytes: 0, tokens: 0, money: 0 };

/** Everything in one commit, which is then undone. */
async function within<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { journal } = await makeJournal();
  return journal.commit(({ ledger }) => work(ledger));
}

async function open(ledger: Ledger, budget: Budget, run = 'root', now = 0): Promise<void> {
  await openAccount(ledger, run, { budget, now, process });
}

const accountOf = async (ledger: Ledger, run = 'root'): Promise<Account> => JSON.parse(await ledger.get(`budget/${run}`) ?? 'null') as Account;
const exceeded = (name: keyof Budget): Error => expect.objectContaining({ code: 'TOKA_BUDGET_EXCEEDED', exitCode: 75, data: expect.objectContaining({ budget: name }) as unknown }) as Error;

describe('what is left', () => {
  test('of runs: as many as the budget says, the first included, and none comes back', () =>
    within(async (ledger) => {
      await open(ledger, { calls: 2 });
      for (const run of ['root', 'child']) await reserve(ledger, { run, accounts: ['root'], most: NONE }, 0);
      await settle(ledger, { run: 'child', accounts: ['root'] }, NONE);
      await expect(reserve(ledger, { run: 'third', accounts: ['root'], most: NONE }, 0)).rejects.toThrow(exceeded('calls'));
    }));

  test('of time: what the first run has not used, for whoever comes when', () =>
    within(async (ledger) => {
      await open(ledger, { wall: 1000 });
      const left = async (now: number): Promise<unknown> => (await reserve(ledger, { run: `at ${now}`, accounts: ['root'], most: NONE }, now)).left.wall;
      expect([await left(0), await left(400), await left(-50_000)]).toEqual([1000, 600, 1000]);
      await expect(left(1000)).rejects.toThrow(exceeded('wall'));
    }));

  test('of CPU time and output: less what runs that go on have reserved, and after them less what they used', () =>
    within(async (ledger) => {
      await open(ledger, { cpu: 100, bytes: 50 });
      const draw = async (run: string, most: Use): Promise<unknown> => (await reserve(ledger, { run, accounts: ['root'], most }, 0)).left;
      expect(await draw('one', { ...NONE, cpu: 60, bytes: 20 })).toEqual({ cpu: 100, bytes: 50 });
      expect(await draw('two', { ...NONE, cpu: 60, bytes: 20 })).toEqual({ cpu: 40, bytes: 30 });
      await expect(draw('three', { ...NONE, cpu: 60, bytes: 20 })).rejects.toThrow(exceeded('cpu'));
      await settle(ledger, { run: 'one', accounts: ['root'] }, { ...NONE, cpu: 10, bytes: 5 });
      expect(await draw('three', { ...NONE, cpu: 60, bytes: 20 })).toEqual({ cpu: 50, bytes: 25 });
    }));

  test('of tokens and money: less what models have used, and money is known only then', () =>
    within(async (ledger) => {
      await open(ledger, { tokens: 100, money: 50 });
      const draw = async (run: string, tokens: number): Promise<unknown> => (await reserve(ledger, { run, accounts: ['root'], most: { ...NONE, tokens } }, 0)).left;
      expect(await draw('one', 70)).toEqual({ tokens: 100, money: 50 });
      expect(await draw('two', 70)).toEqual({ tokens: 30, money: 50 });
      await settle(ledger, { run: 'one', accounts: ['root'] }, { ...NONE, tokens: 20, money: 60 });
      await expect(draw('three', 1)).rejects.toThrow(exceeded('money'));
    }));

  test('for code without limits of its own: whatever is not used yet, reserved or not', () =>
    within(async (ledger) => {
      await open(ledger, { bytes: 50 });
      await reserve(ledger, { run: 'process', accounts: ['root'], most: { ...NONE, cpu: 1, bytes: 50 } }, 0);
      expect((await reserve(ledger, { run: 'native', accounts: ['root'], most: NONE }, 0)).left).toEqual({ bytes: 50 });
      await settle(ledger, { run: 'process', accounts: ['root'] }, { ...NONE, cpu: 1, bytes: 50 });
      await expect(reserve(ledger, { run: 'late', accounts: ['root'], most: NONE }, 0)).rejects.toThrow(exceeded('bytes'));
    }));
});

test('below a budget within a budget both are drawn on, and the tighter one bounds', () =>
  within(async (ledger) => {
    await open(ledger, { bytes: 100, cpu: 10 }, 'root');
    await open(ledger, { bytes: 30 }, 'inner');
    const share = await reserve(ledger, { run: 'leaf', accounts: ['root', 'inner'], most: { ...NONE, cpu: 5, bytes: 20 } }, 0);
    expect(share).toEqual({ left: { bytes: 30, cpu: 10 }, bounds: { bytes: { limit: 30 }, cpu: { limit: 10 } } });
    await settle(ledger, { run: 'leaf', accounts: ['root', 'inner'] }, { ...NONE, cpu: 2, bytes: 20 });
    expect([(await accountOf(ledger)).used, (await accountOf(ledger, 'inner')).used]).toMatchObject([
      { cpu: 2, bytes: 20 },
      { cpu: 2, bytes: 20 },
    ]);
  }));

test('the run that opened an account closes it, and nobody draws on it any more', () =>
  within(async (ledger) => {
    await open(ledger, { calls: 9 });
    await reserve(ledger, { run: 'root', accounts: ['root'], most: NONE }, 0);
    await settle(ledger, { run: 'root', accounts: ['root'] }, NONE);
    expect(await ledger.list('')).toEqual([]);
    await expect(reserve(ledger, { run: 'late', accounts: ['root'], most: NONE }, 0)).rejects.toThrow(expect.objectContaining({ code: 'TOKA_BUDGET_EXCEEDED' }) as Error);
    await settle(ledger, { run: 'late', accounts: ['root'] }, NONE);
    expect(await ledger.list('')).toEqual([]);
  }));

test('accounts of processes that are gone, and what is no account, are cleared away by the next that is opened', () =>
  within(async (ledger) => {
    await open(ledger, { calls: 1 }, 'alive');
    await ledger.put('budget/killed', JSON.stringify({ ...(await accountOf(ledger, 'alive')), process: { ...process, start: 1 } }));
    await ledger.put('budget/damaged', '{');
    await ledger.put('budget/foreign', '{}');
    await open(ledger, { calls: 1 }, 'new');
    expect((await ledger.list('')).map(({ key }) => key)).toEqual(['budget/alive', 'budget/new']);
  }));

test('whatever the order, used and reserved together never pass the budget while no run passes its share', async () => {
  const anyStep = fc.record({ run: fc.integer({ min: 0, max: 5 }), cpu: fc.integer({ min: 1, max: 40 }), bytes: fc.integer({ min: 1, max: 40 }), part: fc.double({ min: 0, max: 1, noNaN: true }) });
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), (steps) =>
      within(async (ledger) => {
        await open(ledger, { cpu: 100, bytes: 100 });
        const going = new Map<string, Use>();
        for (const { run: number, cpu, bytes, part } of steps) {
          const run = String(number);
          const held = going.get(run);
          if (held) {
            await settle(ledger, { run, accounts: ['root'] }, { ...NONE, cpu: held.cpu * part, bytes: held.bytes * part });
            going.delete(run);
          } else {
            try {
              const { left } = await reserve(ledger, { run, accounts: ['root'], most: { ...NONE, cpu, bytes } }, 0);
              going.set(run, { ...NONE, cpu: Math.min(cpu, left.cpu ?? 0), bytes: Math.min(bytes, left.bytes ?? 0) });
            } catch (error) {
              expect(error).toMatchObject({ code: 'TOKA_BUDGET_EXCEEDED' });
            }
          }
          const { used, reserved } = await accountOf(ledger);
          const all = [used, ...Object.values(reserved)];
          for (const name of ['cpu', 'bytes'] as const) expect(all.reduce((sum, use) => sum + use[name], 0)).toBeLessThanOrEqual(100 + 1e-9);
          expect(Object.keys(reserved).toSorted()).toEqual([...going.keys()].toSorted());
        }
      }),
    ),
    { numRuns: 30 },
  );
});
