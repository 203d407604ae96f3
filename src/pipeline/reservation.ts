import { takeTurn } from '../capability/limits.ts';
import { type Left, openAccount, reserve as draw, settle as settleAccounts, tighter, type Use } from '../capability/budgets.ts';
import { drawOnTokens, settleTokens, type TokenBudget } from '../capability/token-budgets.ts';
import type { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import type { Usage } from '../journal/events.ts';
import type { SandboxPlan } from '../sandbox/plan.ts';
import type { ModelUsage } from '../model/port.ts';
import type { House } from './house.ts';
import type { PromptParams } from './request.ts';
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
  const ofTree = await draw(ledger, { run: run.id, accounts, most: mostOf(run) }, now);
  const most = { ...mostOf(run), wall: ownTime(run, timeLimitOf(run)) };
  const share = tighter(ofTree, await drawOnTokens(ledger, tokensOf(run), { run: run.id, most, process: house.process() }, now));
  return { ...run, share, ...(run.plan ? { plan: within(run.plan, share.left) } : {}) };
}

/** Settles what was reserved by what was measured; absent where nothing was reserved. */
export function settlement(run: Run, usage: Usage, now: number): ((ledger: Ledger) => Promise<void>) | undefined {
  if (!run.share) return undefined;
  const use = { cpu: usage.cpuMs?.value ?? 0, bytes: usage.outputBytes, ...usedOf(run.usedByModel) };
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

/** Code in toka's own process has no CPU time of its own, and its output is known when it has ended. What a model costs is known when it has answered. */
function mostOf({ plan, request }: Run): Use {
  const tokens = request.model === 'prompt' ? tokensAsked(request.params) + ANSWER_TOKENS : 0;
  return plan ? { ...mostOfPlan(plan), tokens, money: 0 } : { cpu: 0, bytes: 0, tokens, money: 0 };
}

function mostOfPlan({ limits: { cpu, timeoutMs, maxOutput } }: SandboxPlan): { readonly cpu: number; readonly bytes: number } {
  return { cpu: (cpu / 100) * timeoutMs, bytes: maxOutput };
}

/** How long most answers are at the most. */
const ANSWER_TOKENS = 8192;

/** Texts have about four bytes for each token. */
export function tokensAsked({ bytes }: PromptParams): number {
  return Math.ceil(bytes / 4);
}

function usedOf({ inputTokens = 0, outputTokens = 0, microdollars = 0 }: ModelUsage = {}): Pick<Use, 'tokens' | 'money'> {
  return { tokens: inputTokens + outputTokens, money: microdollars };
}

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
