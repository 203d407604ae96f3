import { expect, test } from 'vitest';
import { drawOnTokens, settleTokens, type TokenBudget, type TokenUse } from '../../src/capability/token-budgets.ts';
import type { Budget } from '../../src/config/config.ts';
import type { Ledger } from '../../src/journal/contract.ts';
import { thisProcess } from '../../src/journal/process.ts';
import { makeJournal } from '../journal/fixtures.ts';

const process = thisProcess();
const NONE: TokenUse = { wall: 0, cpu: 0, bytes: 0, tokens: 0, money: 0 };

async function within<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { journal } = await makeJournal();
  return journal.commit(({ ledger }) => work(ledger));
}

const tokenBudget = (budget: Budget, token = 'a', until = 1_000_000): TokenBudget => ({ token, budget, until });
const draw = async (ledger: Ledger, budgets: readonly TokenBudget[], run: string, most = NONE, now = 0, by = process): Promise<unknown> => (await drawOnTokens(ledger, budgets, { run, most, process: by }, now)).left;
const exceeded = (budget: keyof Budget, token: string): Error => expect.objectContaining({ code: 'TOKA_BUDGET_EXCEEDED', exitCode: 75, data: expect.objectContaining({ budget, token }) as unknown }) as Error;

test('runs with a token count, and none comes back when they have ended', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ calls: 2 })];
    for (const run of ['one', 'two']) {
      await draw(ledger, budgets, run);
      await settleTokens(ledger, budgets, run, NONE);
    }
    await expect(draw(ledger, budgets, 'three')).rejects.toThrow(exceeded('calls', 'a'));
  }));

test('time, CPU time and output that go on are reserved, and replaced by what was measured', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ wall: 100, cpu: 100, bytes: 100 })];
    expect(await draw(ledger, budgets, 'one', { ...NONE, wall: 60, cpu: 70, bytes: 80 })).toEqual({ wall: 100, cpu: 100, bytes: 100 });
    expect(await draw(ledger, budgets, 'two', { ...NONE, wall: 60, cpu: 60, bytes: 60 })).toEqual({ wall: 40, cpu: 30, bytes: 20 });
    await expect(draw(ledger, budgets, 'three', { ...NONE, wall: 1, cpu: 1, bytes: 1 })).rejects.toThrow(exceeded('wall', 'a'));
    await settleTokens(ledger, budgets, 'one', { ...NONE, wall: 10, cpu: 20, bytes: 30 });
    expect(await draw(ledger, budgets, 'three', { ...NONE, wall: 99, cpu: 99, bytes: 99 })).toEqual({ wall: 50, cpu: 50, bytes: 50 });
  }));

test.each(['wall', 'cpu', 'bytes', 'tokens', 'money'] as const)('a run for which no %s is left does not begin', (name) =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ [name]: 10 })];
    // Tokens and money bound who asks a model, and that always takes tokens.
    const most = { ...NONE, tokens: 1, [name]: 10 };
    await draw(ledger, budgets, 'one', most);
    await settleTokens(ledger, budgets, 'one', most);
    await expect(draw(ledger, budgets, 'two', most)).rejects.toThrow(exceeded(name, 'a'));
  }),
);

test('a run that another one started has the time which that one has reserved', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ wall: 10 })];
    await draw(ledger, budgets, 'parent', { ...NONE, wall: 60 });
    expect(await draw(ledger, budgets, 'child', { ...NONE, cpu: 5 })).toEqual({});
  }));

test('what a token uses comes out of the budget of every one that it was made from', () =>
  within(async (ledger) => {
    const parent = tokenBudget({ calls: 3, bytes: 100 }, 'parent');
    const [one, other] = [
      [parent, tokenBudget({ calls: 2, bytes: 60 }, 'one')],
      [parent, tokenBudget({ calls: 2 }, 'other')],
    ];
    expect(await draw(ledger, one, '1', { ...NONE, bytes: 80 })).toEqual({ bytes: 60 });
    await settleTokens(ledger, one, '1', { ...NONE, bytes: 50 });
    expect(await draw(ledger, other, '2', { ...NONE, bytes: 80 })).toEqual({ bytes: 50 });
    await settleTokens(ledger, other, '2', NONE);
    await draw(ledger, one, '3');
    await expect(draw(ledger, one, '4')).rejects.toThrow(exceeded('calls', 'parent'));
  }));

test('of a killed process at most what it had reserved counts as used, and no more than it had time for', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ wall: 100, bytes: 100 })];
    const gone = { ...process, start: 1 };
    await draw(ledger, budgets, 'killed', { ...NONE, wall: 100, cpu: 0, bytes: 40 }, 1000, gone);
    expect(await draw(ledger, budgets, 'next', { ...NONE, wall: 1, cpu: 0, bytes: 1 }, 1030)).toEqual({ wall: 70, bytes: 60 });
    await settleTokens(ledger, budgets, 'next', NONE);
    expect(await draw(ledger, budgets, 'later', NONE, 9000)).toEqual({ bytes: 60 });
  }));

test('after a clock that has gone back all that a killed process had reserved counts', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ wall: 100 })];
    await draw(ledger, budgets, 'killed', { ...NONE, wall: 80 }, 1000, { ...process, start: 1 });
    expect(await draw(ledger, budgets, 'next', { ...NONE, wall: 5 }, 10)).toEqual({ wall: 20 });
  }));

test('an account is kept until its own token expires, however soon one that was made from it does', () =>
  within(async (ledger) => {
    const parent = tokenBudget({ calls: 1 }, 'parent', 1000);
    await draw(ledger, [parent, tokenBudget({ calls: 1 }, 'child', 500)], 'one');
    await expect(draw(ledger, [parent], 'two', NONE, 999)).rejects.toThrow(exceeded('calls', 'parent'));
    await draw(ledger, [tokenBudget({ calls: 1 }, 'other', 9000)], 'three', NONE, 1000);
    expect((await ledger.list('token/')).map(({ key }) => key)).toEqual(['token/other']);
  }));

test.each(['{', '[]', 'null', '{}', '{"calls":-5,"used":{"wall":0,"cpu":0,"bytes":0},"reserved":{}}', '{"calls":0,"used":{"wall":-9,"cpu":0,"bytes":0},"reserved":{}}'])(
  'what is no account gives nothing: %s',
  (stored) =>
    within(async (ledger) => {
      await ledger.put('token/a', stored);
      await expect(draw(ledger, [tokenBudget({ calls: 1 })], 'one')).rejects.toThrow(expect.objectContaining({ code: 'TOKA_INTEGRITY' }) as Error);
    }),
);

test('an account from before models were asked has used nothing of them', () =>
  within(async (ledger) => {
    const budgets = [tokenBudget({ tokens: 10, calls: 5 })];
    await ledger.put('token/a', JSON.stringify({ calls: 1, used: { wall: 1, cpu: 1, bytes: 1 }, reserved: {} }), 1_000_000);
    expect(await draw(ledger, budgets, 'one', { ...NONE, tokens: 1 })).toEqual({ tokens: 10 });
  }));
