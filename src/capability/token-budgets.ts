import { availableParallelism } from 'node:os';
import type { Budget } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import type { ProcessIdentity } from '../journal/events.ts';
import { isGone } from '../journal/process.ts';
import { budgetExceeded, type Left, ofModels, type Share, shareOf, tighter, UNBOUNDED, type Use } from './budgets.ts';

/** What one token may use, over all runs that anybody makes with it or with one that was made from it. */
export interface TokenBudget {
  readonly token: string;
  readonly budget: Budget;
  /** Until when its account is kept, milliseconds since 1970. */
  readonly until: number;
}

/** What a run uses of the budget of a token: beside CPU time and output the milliseconds that it takes; 0 for one that another run started. */
export interface TokenUse extends Use {
  readonly wall: number;
}

export interface TokenDraw {
  readonly run: string;
  /** What it may use at most by its own limits; 0 where it has none that could be lowered. */
  readonly most: TokenUse;
  /** Who carries it; what a process that is gone had reserved is nobody's. */
  readonly process: ProcessIdentity;
}

interface Held extends TokenUse {
  readonly sinceMs: number;
  readonly process: ProcessIdentity;
}

interface Account {
  readonly calls: number;
  /** By runs that have ended. */
  readonly used: TokenUse;
  /** By the runs that go on, by their ids. */
  readonly reserved: Readonly<Record<string, Held>>;
}

/**
 * Reserves what a run may use, on the account of each token that has a budget.
 *
 * @returns What is left to it.
 * @throws TokaError `TOKA_BUDGET_EXCEEDED` where nothing is left of something; the commit then has to be undone.
 */
export async function drawOnTokens(ledger: Ledger, budgets: readonly TokenBudget[], { run, most, process }: TokenDraw, now: number): Promise<Share> {
  if (budgets.length > 0) await ledger.prune(now);
  const opened = await Promise.all(budgets.map(async (each) => ({ each, account: withoutGone(await read(ledger, each.token), now) })));
  const share = opened.map(({ each, account }) => leftTo(each, account, most)).reduce(tighter, UNBOUNDED);
  const held = { ...perFigure((name) => Math.min(most[name] ?? 0, share.left[name] ?? Infinity)), sinceMs: now, process };
  for (const { each, account } of opened) await write(ledger, each, { ...account, calls: account.calls + 1, reserved: { ...account.reserved, [run]: held } });
  return share;
}

/** Replaces what was reserved by what was measured. */
export async function settleTokens(ledger: Ledger, budgets: readonly TokenBudget[], run: string, use: TokenUse): Promise<void> {
  for (const each of budgets) {
    const account = await read(ledger, each.token);
    const { [run]: _settled, ...reserved } = account.reserved;
    await write(ledger, each, { ...account, used: sum(account.used, use), reserved });
  }
}

const PREFIX = 'token/';
const NOTHING: TokenUse = { wall: 0, cpu: 0, bytes: 0 };
const FIGURES = ['wall', 'cpu', 'bytes', 'tokens', 'money'] as const;

function perFigure(amount: (name: keyof TokenUse) => number): TokenUse {
  return { wall: amount('wall'), cpu: amount('cpu'), bytes: amount('bytes'), ...ofModels(amount) };
}

function leftTo({ token, budget }: TokenBudget, { calls, used, reserved }: Account, most: TokenUse): Share {
  if (budget.calls !== undefined && calls >= budget.calls) throw budgetExceeded('calls', { limit: budget.calls, token });
  const left: { -readonly [name in keyof Left]: number } = {};
  for (const name of FIGURES) {
    const { [name]: limit } = budget;
    // A run that another one started has the time which that one has reserved.
    if (limit === undefined || (name === 'wall' && most.wall === 0)) continue;
    // What has no limit of its own to be lowered reserves nothing, so what others have reserved does not stand in its way.
    const held = (most[name] ?? 0) === 0 ? NOTHING : Object.values(reserved).reduce<TokenUse>(sum, NOTHING);
    const rest = limit - (used[name] ?? 0) - (held[name] ?? 0);
    if (rest <= 0) throw budgetExceeded(name, { limit, token });
    left[name] = rest;
  }
  return shareOf(budget, left, token);
}

/** Nobody measured what the runs of a killed process used: what they can have used at the most counts. */
function withoutGone({ calls, used, reserved }: Account, now: number): Account {
  const gone = Object.entries(reserved).filter(([, { process }]) => isGone(process));
  const going = Object.fromEntries(Object.entries(reserved).filter(([run]) => !gone.some(([other]) => other === run)));
  return { calls, used: gone.map(([, held]) => mostUsed(held, now)).reduce(sum, used), reserved: going };
}

function mostUsed({ wall, cpu, sinceMs, process: _process, ...rest }: Held, now: number): TokenUse {
  const passed = now < sinceMs ? Infinity : now - sinceMs;
  return { ...rest, wall: Math.min(wall, passed), cpu: Math.min(cpu, passed * availableParallelism()) };
}

function sum(one: TokenUse, other: TokenUse): TokenUse {
  return perFigure((name) => (one[name] ?? 0) + (other[name] ?? 0));
}

async function write(ledger: Ledger, { token, until }: TokenBudget, account: Account): Promise<void> {
  await ledger.put(PREFIX + token, JSON.stringify(account), until);
}

/** The journal may come from a clone: what is no account gives nothing. */
async function read(ledger: Ledger, token: string): Promise<Account> {
  const stored = await ledger.get(PREFIX + token);
  if (stored === undefined) return { calls: 0, used: NOTHING, reserved: {} };
  try {
    const { calls, used, reserved } = JSON.parse(stored) as Account;
    const uses = [used, ...Object.values(reserved)];
    if (isAmount(calls) && uses.every((use) => [use.wall, use.cpu, use.bytes, use.tokens ?? 0, use.money ?? 0].every(isAmount))) return { calls, used, reserved };
  } catch {
    // Falls through to the same answer as JSON of another shape.
  }
  throw new TokaError('TOKA_INTEGRITY', `expected the account of the token ${token} in the journal, found something else`, {
    hint: 'move the journal aside, and make a new token',
  });
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
