import { claimsOf } from '../../capability/limits.ts';
import type { Budget } from '../../config/config.ts';
import { leastBudget } from '../../config/layers.ts';
import { TokaError } from '../../errors.ts';
import type { House } from '../house.ts';
import { type Run, settled } from '../run.ts';

/** A tool that calls itself would otherwise go on until the machine is full. */
const MAX_DEPTH = 16;

/** Lets a run in only while its tree is not too deep, and finds the limits and the budget that it falls under. */
export function admit(run: Run, house: House): Run | Promise<Run> {
  const { depth } = run.request.principal;
  if (depth <= MAX_DEPTH) return estimated(bounded(run, house), house);
  throw new TokaError('TOKA_DEPTH_LIMIT', `runs are nested ${depth} deep; at most ${MAX_DEPTH} are allowed`, {
    hint: 'does a tool call itself? toka runs show prints the chain of its parents',
  });
}

/** Limits and budgets are counted with the intent; a run that falls under none carries nothing on. */
function bounded(run: Run, house: House): Run {
  const { budget: asked, parent, principal } = run.request;
  const claims = claimsOf(house.limits(), settled(run, 'tool'), principal.person);
  // What the configuration gives holds for a whole tree: those below its first run draw on that.
  const budget = leastBudget(leastBudget(parent ? {} : house.budget, asked ?? {}), run.agent?.security.budget ?? {});
  if (asked) requireAmounts(asked);
  const opens = Object.keys(budget).length > 0;
  return claims.length === 0 && !opens ? run : { ...run, claims, ...(opens ? { budget } : {}) };
}

/** What a model may use has to be known before it is reserved. */
function estimated(run: Run, house: House): Run | Promise<Run> {
  const { request } = run;
  if (request.model !== 'prompt') return run;
  return (async () => {
    const models = await house.models();
    return { ...run, mostByModel: models.most(await request.candidates(), request.prompt) };
  })();
}

const AMOUNTS: readonly (keyof Budget)[] = ['calls', 'wall', 'cpu', 'bytes', 'tokens', 'money'];

/** What is not understood would bound nothing. */
function requireAmounts(budget: Budget): void {
  const wrong = Object.entries(budget).find(([name, amount]) => !AMOUNTS.includes(name as keyof Budget) || !(Number.isFinite(amount) && amount > 0));
  if (!wrong) return;
  throw new TokaError('TOKA_USAGE', `a budget holds numbers above 0 for ${AMOUNTS.join(', ')}, found ${JSON.stringify(wrong[0])}`, { hint: 'correct the request' });
}
