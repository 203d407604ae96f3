import { takeTurn } from '../capability/limits.ts';
import { type Left, openAccount, reserve as draw, settle as settleAccounts } from '../capability/budgets.ts';
import type { TokaError } from '../errors.ts';
import type { Ledger } from '../journal/contract.ts';
import type { Usage } from '../journal/events.ts';
import type { SandboxPlan } from '../sandbox/plan.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';

/** Whether anything counts or bounds the run beside its own limits. */
export function isCounted(run: Run): boolean {
  return run.claims.length > 0 || accountsOf(run).length > 0;
}

/**
 * Counts the run at its limits and reserves what it may use of its budgets, all or nothing.
 *
 * @returns The run with its share, its plan lowered to that; or why a limit allows no more runs now, with counters that may have been set right.
 * @throws TokaError `TOKA_BUDGET_EXCEEDED`; the commit then has to be undone.
 */
export function reserve(run: Run, house: House, ledger: Ledger): Run | TokaError {
  const now = Math.trunc(house.clock.now());
  const refusal = takeTurn(run.claims, ledger, now);
  if (refusal) return refusal;
  const accounts = accountsOf(run);
  if (accounts.length === 0) return run;
  if (run.budget) openAccount(ledger, run.id, { budget: run.budget, now, process: house.process() });
  const share = draw(ledger, { run: run.id, accounts, most: mostOf(run.plan) }, now);
  return { ...run, share, ...(run.plan ? { plan: within(run.plan, share.left) } : {}) };
}

/** Settles what was reserved by what was measured; absent where nothing was reserved. */
export function settlement(run: Run, usage: Usage): ((ledger: Ledger) => void) | undefined {
  if (!run.share) return undefined;
  return (ledger) => settleAccounts(ledger, { run: run.id, accounts: accountsOf(run) }, { cpu: usage.cpuMs?.value ?? 0, bytes: usage.outputBytes });
}

function accountsOf({ id, budget, request }: Run): readonly string[] {
  const { budgets } = request.principal;
  return budget ? [...budgets, id] : budgets;
}

/** Code in toka's own process has no CPU time of its own, and its output is known when it has ended. */
function mostOf(plan: SandboxPlan | undefined): { cpu: number; bytes: number } {
  if (!plan) return { cpu: 0, bytes: 0 };
  const { cpu, timeoutMs, maxOutput } = plan.limits;
  return { cpu: (cpu / 100) * timeoutMs, bytes: maxOutput };
}

function within(plan: SandboxPlan, { wall = Infinity, cpu = Infinity, bytes = Infinity }: Left): SandboxPlan {
  const { limits } = plan;
  const isShort = cpu < mostOf(plan).cpu;
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
