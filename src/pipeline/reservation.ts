import { takeTurn } from '../capability/limits.ts';
import { budgetExceeded, type Left, openAccount, reserve as draw, settle as settleAccounts, type Share, tighter, type Use } from '../capability/budgets.ts';
import { drawOnTokens, settleTokens, type TokenBudget } from '../capability/token-budgets.ts';
import { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import type { Usage } from '../journal/events.ts';
import type { SandboxPlan } from '../sandbox/plan.ts';
import type { ModelMost } from '../model/port.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';
import { timeLimitOf } from './time-limit.ts';

/** Whether anything counts or bounds the run beside its own limits. */
export function isCounted(run: Run): boolean {
  return run.claims.length > 0 || isBounded(run);
}

/**
 * Counts the run at its limits and reserves what it may use of its budgets, all or nothing.
 *
 * @returns The run with its share, its plan lowered to that; or why a limit allows no more runs now, with counters that may have been set right.
 * @throws TokaError `TOKA_BUDGET_EXCEEDED`; the commit then has to be undone.
 */
export async function reserve(run: Run, house: House, ledger: Ledger): Promise<Run | TokaError> {
  const now = Math.trunc(house.clock.now());
  const refusal = await takeTurn(run.claims, ledger, now);
  if (refusal) return refusal;
  if (!isBounded(run)) return run;
  const accounts = accountsOf(run);
  if (run.budget) await openAccount(ledger, run.id, { budget: run.budget, now, process: house.process() });
  const most = mostOf(run);
  const ofTree = await draw(ledger, { run: run.id, accounts, most }, now);
  const share = tighter(ofTree, await drawOnTokens(ledger, tokensOf(run), { run: run.id, most: { ...most, wall: ownTime(run, timeLimitOf(run)) }, process: house.process() }, now));
  if (run.mostByModel) requireAnswer(run.mostByModel, share);
  return { ...run, share, ...(run.plan ? { plan: within(run.plan, share.left) } : {}) };
}

/** Settles what was reserved by what was measured; absent where nothing was reserved. */
export function settlement(run: Run, usage: Usage, now: number): ((ledger: Ledger) => Promise<void>) | undefined {
  if (!run.share) return undefined;
  const use = { cpu: usage.cpuMs?.value ?? 0, bytes: usage.outputBytes, ...modelUse(run, usage) };
  const wall = ownTime(run, Math.max(0, now - (run.intendedMs ?? now)));
  return async (ledger) => {
    await settleAccounts(ledger, { run: run.id, accounts: accountsOf(run) }, use);
    await settleTokens(ledger, tokensOf(run), run.id, { ...use, wall });
  };
}

function isBounded(run: Run): boolean {
  return accountsOf(run).length > 0 || tokensOf(run).length > 0;
}

function tokensOf({ request }: Run): readonly TokenBudget[] {
  return request.principal.bond?.budgets ?? [];
}

/** A run that another one started goes on within the time of that one, which counts it already. */
function ownTime({ request }: Run, ms: number): number {
  return request.parent ? 0 : ms;
}

function accountsOf({ id, budget, request }: Run): readonly string[] {
  const { budgets } = request.principal;
  return budget ? [...budgets, id] : budgets;
}

function mostOf({ plan, mostByModel }: Pick<Run, 'plan' | 'mostByModel'>): Use {
  return { ...mostOfPlan(plan), ...(mostByModel ? { tokens: mostByModel.inputTokens + mostByModel.outputTokens, money: moneyOf(mostByModel) } : {}) };
}

/** Code in toka's own process has no CPU time of its own, and its output is known when it has ended. */
function mostOfPlan(plan: SandboxPlan | undefined): Pick<Use, 'cpu' | 'bytes'> {
  if (!plan) return { cpu: 0, bytes: 0 };
  const { cpu, timeoutMs, maxOutput } = plan.limits;
  return { cpu: (cpu / 100) * timeoutMs, bytes: maxOutput };
}

function moneyOf({ outputTokens, price }: ModelMost): number {
  return price ? Math.ceil(price.input + outputTokens * price.outputToken) : 0;
}

/** A model is asked where some of the answer is paid for; how long that may be then, prompt/execute.ts tells it. */
function requireAnswer({ inputTokens, price }: ModelMost, { left, bounds }: Share): void {
  if (left.tokens !== undefined && left.tokens <= inputTokens) throw budgetExceeded('tokens', bounds.tokens);
  if (left.money === undefined) return;
  if (!price) throw new TokaError('TOKA_BUDGET_EXCEEDED', 'money is bounded, and the price of the model is not known', { hint: 'say what it costs under models.providers, or bound tokens instead', data: { budget: 'money' } });
  if (left.money < price.input + price.outputToken) throw budgetExceeded('money', bounds.money);
}

/** What runs below an agent count is not counted once more with it. What no provider has counted counts as it was reserved. */
function modelUse({ mostByModel: most, usedByModel: used }: Run, { outputBytes }: Usage): Pick<Use, 'tokens' | 'money'> {
  if (!most || !used) return {};
  const input = used.inputTokens ?? most.inputTokens;
  const output = used.outputTokens ?? Math.ceil(outputBytes / BYTES_OF_TOKEN);
  return { tokens: input + output, money: used.microdollars ?? Math.ceil((most.price?.input ?? 0) + output * (most.price?.outputToken ?? 0)) };
}

const BYTES_OF_TOKEN = 3;

function within(plan: SandboxPlan, { wall = Infinity, cpu = Infinity, bytes = Infinity }: Left): SandboxPlan {
  const { limits } = plan;
  const isShort = cpu < mostOfPlan(plan).cpu;
  return {
    ...plan,
    limits: {
      ...limits,
      timeoutMs: Math.min(limits.timeoutMs, wall),
      maxOutput: Math.min(limits.maxOutput, bytes),
      ...(isShort ? { cpuMs: cpu } : {}),
    },
  };
}
