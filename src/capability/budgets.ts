import type { Budget } from '../config/config.ts';
import { leastBudget } from '../config/layers.ts';
import { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import type { ProcessIdentity } from '../journal/events.ts';
import { isGone } from '../journal/process.ts';
import { printDuration, printMoney, printSize } from '../manifest/units.ts';

/** What a run uses of a budget, or may use: milliseconds of CPU time, bytes of output, tokens of models, and millionths of a US dollar for them. */
export interface Use {
  readonly cpu: number;
  readonly bytes: number;
  readonly tokens?: number;
  readonly money?: number;
}

/** A figure that no budget bounds is absent. */
export type Left = Omit<Budget, 'calls'>;

/** What the budgets of a run leave to it. */
export interface Share {
  readonly left: Left;
  /** For each figure that is bounded, the budget that leaves the least. */
  readonly bounds: { readonly [name in keyof Left]?: Bound };
}

/** A figure of a budget, and whose it is. */
export interface Bound {
  readonly limit: number;
  /** The id of the token that it stands in; absent for the budget of a tree of runs. */
  readonly token?: string;
}

/** A budget in force: it is opened by a run and drawn on by all that are started below it. */
export interface Account {
  readonly budget: Budget;
  readonly openedMs: number;
  /** Who carries the runs; an account of a process that is gone is nobody's. */
  readonly process: ProcessIdentity;
  readonly calls: number;
  /** By runs that have ended. */
  readonly used: Use;
  /** By the runs that go on, by their ids. */
  readonly reserved: Readonly<Record<string, Use>>;
}

export interface Draw {
  readonly run: string;
  /** The accounts to draw on, by the ids of the runs that opened them. */
  readonly accounts: readonly string[];
  /** What it may use at most by its own limits; 0 where it has none that could be lowered. */
  readonly most: Use;
}

/** What was used of a budget before its run was resumed. */
export interface Spent {
  /** By runs below the one that opens the account. */
  readonly calls: number;
  /** Milliseconds that passed while it was carried. */
  readonly wall: number;
  readonly use: Use;
}

/** Opens an account under the id of its run, and clears away those of processes that were killed. */
export async function openAccount(ledger: Ledger, run: string, { budget, now, process, spent = UNSPENT }: { budget: Budget; now: number; process: ProcessIdentity; spent?: Spent | undefined }): Promise<void> {
  for (const { key, value } of await ledger.list(PREFIX)) if (isStale(value)) await ledger.remove(key);
  await write(ledger, run, { budget, openedMs: now - spent.wall, process, calls: spent.calls, used: spent.use, reserved: {} });
}

/**
 * Reserves what a run may use, on every account that it draws on.
 *
 * @returns What is left to it.
 * @throws TokaError `TOKA_BUDGET_EXCEEDED` where nothing is left of something; the commit then has to be undone.
 */
export async function reserve(ledger: Ledger, { run, accounts, most }: Draw, now: number): Promise<Share> {
  const shares: Share[] = [];
  for (const id of accounts) {
    const account = await read(ledger, id);
    if (!account) throw new TokaError('TOKA_BUDGET_EXCEEDED', `the budget of run ${id} is closed: that run has ended`, { hint: 'a run cannot outlive the one that started it' });
    const left = leftOf(account, most, now);
    const short = shortOf(account, left);
    if (short !== undefined) throw budgetExceeded(short, { limit: account.budget[short] ?? 0 });
    const held = perFigure((name) => Math.min(most[name] ?? 0, left[name] ?? Infinity));
    await write(ledger, id, { ...account, calls: account.calls + 1, reserved: { ...account.reserved, [run]: held } });
    shares.push(shareOf(account.budget, left));
  }
  return shares.reduce(tighter, UNBOUNDED);
}

/** What a budget leaves, said with the budget. */
export function shareOf(budget: Budget, left: Left, token?: string): Share {
  const names = Object.keys(left) as (keyof Left)[];
  return { left, bounds: Object.fromEntries(names.map((name) => [name, { limit: budget[name] ?? 0, ...(token === undefined ? {} : { token }) }])) };
}

/** What both shares leave: of each figure the lesser. */
export function tighter(one: Share, other: Share): Share {
  const names = Object.keys(other.left) as (keyof Left)[];
  const lesser = names.filter((name) => (other.left[name] ?? Infinity) < (one.left[name] ?? Infinity));
  return { left: leastBudget(one.left, other.left), bounds: { ...one.bounds, ...Object.fromEntries(lesser.map((name) => [name, other.bounds[name]])) } };
}

/** Replaces what was reserved by what was measured, and closes the account that the run itself had opened. */
export async function settle(ledger: Ledger, { run, accounts }: Pick<Draw, 'run' | 'accounts'>, use: Use): Promise<void> {
  for (const id of accounts) {
    const account = await read(ledger, id);
    if (id === run) await ledger.remove(PREFIX + id);
    if (id === run || !account) continue;
    const { [run]: _settled, ...reserved } = account.reserved;
    await write(ledger, id, { ...account, used: perFigure((name) => (account.used[name] ?? 0) + (use[name] ?? 0)), reserved });
  }
}

/** One figure of a budget in words: `1m of time`. */
export function printAmount(name: keyof Budget, amount: number): string {
  return `${{ calls: String, wall: printDuration, cpu: printDuration, bytes: printSize, tokens: String, money: (sum: number) => `$${printMoney(sum)}` }[name](amount)} ${NAMES[name]}`;
}

/** The error of a run that has used a budget up. */
export function budgetExceeded(name: keyof Budget, { limit, token }: Bound = { limit: 0 }): TokaError {
  const whose = token === undefined ? '' : ` of the token ${token}`;
  return new TokaError('TOKA_BUDGET_EXCEEDED', `the budget${whose} of ${printAmount(name, limit)} is used up`, {
    hint:
      token === undefined
        ? `give more with --budget ${name}=..., unless the configuration allows no more under budget.${name}`
        : 'wait for runs with it that still go on, or ask whoever gave it to you for another token',
    data: { budget: name, limit, ...(token === undefined ? {} : { token }) },
  });
}

/** What bounds nothing. */
export const UNBOUNDED: Share = { left: {}, bounds: {} };

const PREFIX = 'budget/';
const FIGURES = ['cpu', 'bytes', 'tokens', 'money'] as const satisfies readonly (keyof Use)[];
const NOTHING: Use = { cpu: 0, bytes: 0 };
const UNSPENT: Spent = { calls: 0, wall: 0, use: NOTHING };
const NAMES: { readonly [name in keyof Budget]-?: string } = { calls: 'runs', wall: 'of time', cpu: 'of CPU time', bytes: 'of output', tokens: 'tokens of models', money: 'for models' };

function perFigure(amount: (name: keyof Use) => number): Use {
  return { cpu: amount('cpu'), bytes: amount('bytes'), ...ofModels(amount) };
}

/** What no model has used is not written down. */
export function ofModels(amount: (name: 'tokens' | 'money') => number): Pick<Use, 'tokens' | 'money'> {
  const [tokens, money] = [amount('tokens'), amount('money')];
  return { ...(tokens === 0 ? {} : { tokens }), ...(money === 0 ? {} : { money }) };
}

function leftOf({ budget, openedMs, used, reserved }: Account, most: Use, now: number): Left {
  const left = (name: keyof Use): number => {
    // What has no limit of its own to be lowered reserves nothing, so what others have reserved does not stand in its way.
    const held = (most[name] ?? 0) === 0 ? 0 : Object.values(reserved).reduce((sum, use) => sum + (use[name] ?? 0), 0);
    return (budget[name] ?? Infinity) - (used[name] ?? 0) - held;
  };
  return {
    // A clock that has gone back gives no more than there was at first.
    ...(budget.wall === undefined ? {} : { wall: Math.min(budget.wall, openedMs + budget.wall - now) }),
    ...Object.fromEntries(FIGURES.filter((name) => budget[name] !== undefined).map((name) => [name, left(name)])),
  };
}

function shortOf({ budget, calls }: Account, left: Left): keyof Budget | undefined {
  if (budget.calls !== undefined && calls >= budget.calls) return 'calls';
  const [short] = Object.entries(left).find(([, amount]) => amount !== undefined && amount <= 0) ?? [];
  return short as keyof Budget | undefined;
}

async function write(ledger: Ledger, id: string, account: Account): Promise<void> {
  await ledger.put(PREFIX + id, JSON.stringify(account));
}

async function read(ledger: Ledger, id: string): Promise<Account | undefined> {
  const stored = await ledger.get(PREFIX + id);
  return stored === undefined ? undefined : (JSON.parse(stored) as Account);
}

/** The journal may come from a clone: what is no account is as stale as one whose process is gone. */
function isStale(value: string): boolean {
  try {
    const { process } = JSON.parse(value) as Partial<Account>;
    return process === undefined || isGone(process);
  } catch {
    return true;
  }
}
