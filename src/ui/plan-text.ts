import type { Verdict } from '../capability/authorize.ts';
import { printAmount } from '../capability/budgets.ts';
import { printCapability, showCapability } from '../capability/grammar.ts';
import { printRate } from '../capability/limits.ts';
import type { Budget } from '../config/config.ts';
import { printDuration, printSize } from '../manifest/units.ts';
import { reasonOf } from '../pipeline/reasons.ts';
import type { Run } from '../pipeline/run.ts';
import { quote, quotePath } from './help.ts';
import { printablePlan } from '../sandbox/plan.ts';
import { grantOrigins, needOrigin, planOrigins } from './plan-origins.ts';
import { paint, plainLine, type Terminal } from './text.ts';

/**
 * What `--dry-run` prints as JSON.
 *
 * @param verdicts How each need is decided as things stand; the run itself supposes that what is missing were granted.
 */
export function planJson(run: Run, verdicts: readonly Verdict[]): string {
  const { budget, claims, decision, plan, request, tool } = run;
  const tokens = request.principal.bond?.budgets ?? [];
  const origins = planOrigins(run);
  return `${JSON.stringify({
    schema: 'toka/plan/v1',
    tool: tool?.qualified,
    effect: tool?.effect,
    // What is missing is planned for as if it were granted: the run itself would be denied.
    missing: missingOf(verdicts).map(({ capability }) => printCapability(capability)),
    effective: decision?.effective.permissions.map(({ capability, source }) => ({ capability: printCapability(capability), source })),
    needs: verdicts.map((verdict) => ({
      capability: printCapability(verdict.capability),
      required: !verdict.isOptional,
      neededBy: needOrigin(verdict, tool),
      grantedBy: verdict.granted.map(({ source }) => source),
      ...(verdict.lack ? { lack: reasonOf(verdict.lack) } : {}),
    })),
    fallen: decision?.fallen.map(({ capability }) => printCapability(capability)),
    limits: claims.map(({ limit: { rate, file, line } }) => ({ ...rate, source: `${file}:${line}` })),
    ...(budget ? { budget } : {}),
    ...(tokens.length === 0 ? {} : { tokenBudgets: tokens.map(({ token, budget: own }) => ({ ...own, source: `token ${token}` })) }),
    isolation: plan ? 'sandbox' : 'in-process',
    ...(plan ? { plan: printablePlan(plan), origins } : {}),
  })}\n`;
}

/** The same for people: the exact command and everything that exists for it, each line with its origin. */
export function planText(run: Run, verdicts: readonly Verdict[], view: Terminal): string {
  const { plan, tool } = run;
  const title = (text: string): string => paint(view, 'bold', text);
  const from = (text: string): string => paint(view, 'dim', `  by ${text}`);
  const file = tool?.origin.file ?? '';
  const verdict = missingOf(verdicts).length === 0 ? 'nothing was run' : 'nothing was run, and as things stand the run would be denied';
  const lines = [
    `${title('tool')}     ${tool?.qualified ?? ''} (effect ${tool?.effect ?? ''}, level ${tool?.level ?? ''})${file === '' ? '' : from(`manifest ${file}`)}`,
    title('granted'),
    ...verdicts.map((each) => `  ${needLine(each, run, view)}`),
    ...counted(run, view),
  ];
  const origins = planOrigins(run);
  if (!plan || !origins) return `${[...lines, `${title('runs')}     in toka's own process (it is part of toka)`, verdict].map(plainLine).join('\n')}\n`;
  const { limits } = plan;
  const figures = {
    memory: printSize(limits.memory),
    cpu: `${limits.cpu}% of a core`,
    pids: `${limits.pids} processes`,
    timeoutMs: printDuration(limits.timeoutMs),
    maxOutput: printSize(limits.maxOutput),
    maxDisk: printSize(limits.maxDisk),
  };
  const names = { memory: 'memory', cpu: 'CPU', pids: 'processes', timeoutMs: 'time', maxOutput: 'output', maxDisk: 'disk' };
  return `${[
    ...lines,
    `${title('command')}  ${plan.argv.map(quote).join(' ')}`,
    `${title('folder')}   ${quotePath(plan.cwd)}`,
    title('files'),
    ...plan.mounts.map(({ path, access }) => `  ${access === 'write' ? 'read, write' : 'read       '}  ${quotePath(path)}${from(origins.mounts[path] ?? '')}`),
    ...(plan.files ?? []).map(({ path }) => `  its own      ${quotePath(path)}`),
    ...plan.hidden.map((path) => `  hidden       ${quotePath(path)}`),
    title('environment'),
    ...Object.keys(plan.env).map((name) => `  ${name}${from(origins.env[name] ?? '')}`),
    `${title('network')}  ${plan.network === undefined ? 'none' : plan.network.join(', ')}`,
    title('limits'),
    ...(Object.keys(names) as (keyof typeof names)[]).map((key) => `  ${names[key].padEnd(9)}  ${figures[key]}${from(origins.limits[key])}`),
    verdict,
  ].map(plainLine).join('\n')}\n`;
}

function needLine(verdict: Verdict, { tool }: Run, view: Terminal): string {
  const { capability, granted, isOptional, lack } = verdict;
  const name = showCapability(capability);
  const dim = (text: string): string => paint(view, 'dim', text);
  const needed = `needed by ${needOrigin(verdict, tool)}`;
  if (!lack) return `${granted.map((each) => showCapability(each.capability)).join(', ')}  ${dim(`by ${grantOrigins(granted)}; ${needed}`)}`;
  if (isOptional) return dim(`not granted, optional: ${name} (${reasonOf(lack)}); ${needed}`);
  return `${paint(view, 'yellow', `NOT granted: ${name}`)}  ${dim(`${reasonOf(lack)}; ${needed}; --allow ${quote(printCapability(capability))}`)}`;
}

/** Required, and not granted as things stand. */
export function missingOf(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(({ isOptional, lack }) => lack !== undefined && !isOptional);
}

/** The limits and the budgets that the run would count at; nothing where there are none. */
function counted({ budget = {}, claims, request }: Run, view: Terminal): string[] {
  const linesOf = (amounts: Budget, whose: string): string[] =>
    Object.entries(amounts as Readonly<Record<string, number>>).map(([name, amount]) => `  ${printAmount(name as keyof Budget, amount)}  ${paint(view, 'dim', whose)}`);
  const own = linesOf(budget, 'with all that it starts');
  const tokens = (request.principal.bond?.budgets ?? []).flatMap((each) => linesOf(each.budget, `by token ${each.token}, with all that is run with it`));
  const rates = claims.map(({ limit: { rate, file, line } }) => `  ${printRate(rate)}  ${paint(view, 'dim', `by ${file}:${line}`)}`);
  const lines = [...rates, ...own, ...tokens];
  return lines.length === 0 ? [] : [paint(view, 'bold', 'at most'), ...lines];
}
