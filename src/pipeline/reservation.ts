import { takeTurn } from '../capability/limits.ts';
import { budgetExceeded, type Left, openAccount, reserve as draw, settle as settleAccounts, type Share, type Spent, tighter, type Use } from '../capability/budgets.ts';
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
 * @param spent What was used of its budget before it was resumed.
 * @returns The run with its share, its plan lowered to that; or why a limit allows no more runs now, with counters that may have been set right.
 * @throws TokaError `TOKA_BUDGET_EXCEEDED`; the commit then has to be undone.
 */
export async function reserve(run: Run, house: House, ledger: Ledger, spent?: Spent): Promise<Run | TokaError> {
  const now = Math.trunc(house.clock.now());
  const refusal = await takeTurn(run.claims, ledger, now);
  if (refusal) return refusal;
  if (!isBounded(run)) return run;
  const accounts = accountsOf(run);
  if (run.budget) await openAccount(ledger, run.id, { budget: run.budget, now, process: house.process(), spent });
  const ofTree = await draw(ledger, { run: run.id, accounts, most: mostOf(run) }, now);
  const most = { ...mostOf(run), wall: ownTime(run, timeLimitOf(run)) };
  const share = tighter(ofTree, await drawOnTokens(ledger, tokensOf(run), { run: run.id, most, process: house.process() }, now));
  if (run.mostByModel) requireAnswer(run.mostByModel, share);
  return { ...run, share, ...(run.plan ? { plan: within(run.plan, share.left) } : {}) };
}

/** Settles what was reserved by what was measured; absent where nothing was reserved. */
export function settlement(run: Run, usage: Usage, now: number): ((ledger: Ledger) => Promise<void>) | undefined {
  if (!run.share) return undefined;
  const use = { cpu: usage.cpuMs?.value ?? 0, bytes: usage.outputBytes, ...usedOf(run, usage) };
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

/** Code in toka's own process has no CPU time of its own, and its output is known when it has ended. */
function mostOf({ plan, mostByModel: most }: Run): Use {
  const tokens = most ? most.inputTokens + most.outputTokens : 0;
  const money = most?.price ? Math.ceil(most.price.input + most.outputTokens * most.price.outputToken) : 0;
  return { ...(plan ? mostOfPlan(plan) : { cpu: 0, bytes: 0 }), tokens, money };
}

function mostOfPlan({ limits: { cpu, timeoutMs, maxOutput } }: SandboxPlan): { readonly cpu: number; readonly bytes: number } {
  return { cpu: (cpu / 100) * timeoutMs, bytes: maxOutput };
}

/** A model is asked where some of its answer can be paid for; how long that may be, prompt/execute.ts tells it. */
function requireAnswer({ inputTokens, price }: ModelMost, { left, bounds }: Share): void {
  if (left.tokens !== undefined && left.tokens <= inputTokens) throw budgetExceeded('tokens', bounds.tokens);
  if (left.money === undefined) return;
  if (!price) throw new TokaError('TOKA_BUDGET_EXCEEDED', 'money is bounded, and what the model costs is not known', { hint: 'say what it costs under models.providers, or bound tokens instead', data: { budget: 'money' } });
  if (left.money < price.input + price.outputToken) throw budgetExceeded('money', bounds.money);
}

/** What an agent has used was counted with the calls below it. What no provider has counted counts as it was estimated. */
function usedOf({ mostByModel: most, usedByModel: used }: Run, { outputBytes }: Usage): Pick<Use, 'tokens' | 'money'> {
  if (!most || !used) return { tokens: 0, money: 0 };
  const { inputTokens = most.inputTokens, outputTokens = Math.ceil(outputBytes / BYTES_OF_TOKEN) } = used;
  const { microdollars = Math.ceil((most.price?.input ?? 0) + outputTokens * (most.price?.outputToken ?? 0)) } = used;
  return { tokens: inputTokens + outputTokens, money: microdollars };
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
