import { printAmount } from '../capability/budgets.ts';
import { printRate } from '../capability/limits.ts';
import type { Budget } from '../config/config.ts';
import type { Run } from '../pipeline/run.ts';
import { printCapability } from '../capability/grammar.ts';
import { printDuration, printSize } from '../manifest/units.ts';
import { quote } from './help.ts';
import { paint, plainLine, type Terminal } from './text.ts';

/** What `--dry-run` prints as JSON. */
export function planJson({ approvals, budget, claims, decision, plan, tool }: Run): string {
  return `${JSON.stringify({
    schema: 'toka/plan/v1',
    tool: tool?.qualified,
    effect: tool?.effect,
    // What is missing is planned for as if it were granted: the run itself would be denied.
    missing: approvals.map(({ capability }) => capability),
    effective: decision?.effective.permissions.map(({ capability, source }) => ({ capability: printCapability(capability), source })),
    fallen: decision?.fallen.map(({ capability }) => printCapability(capability)),
    limits: claims.map(({ limit: { rate, file, line } }) => ({ ...rate, source: `${file}:${line}` })),
    ...(budget ? { budget } : {}),
    isolation: plan ? 'sandbox' : 'in-process',
    // The names of the variables only: their values may be secrets.
    ...(plan ? { plan: { ...plan, env: Object.keys(plan.env) } } : {}),
  })}\n`;
}

/** The same for people: the exact command and everything that exists for it. */
export function planText(run: Run, view: Terminal): string {
  const { approvals, decision, plan, tool } = run;
  const title = (text: string): string => paint(view, 'bold', text);
  const missing = approvals.map(({ capability }) => capability);
  const permissions = (decision?.effective.permissions ?? []).filter(({ capability }) => !missing.includes(printCapability(capability)));
  const verdict = missing.length === 0 ? 'nothing was run' : 'nothing was run, and as things stand the run would be denied';
  const lines = [
    `${title('tool')}     ${tool?.qualified ?? ''} (effect ${tool?.effect ?? ''}, level ${tool?.level ?? ''})`,
    title('granted'),
    ...permissions.map(({ capability, source }) => `  ${printCapability(capability)}  ${paint(view, 'dim', `by ${source}`)}`),
    ...missing.map((capability) => `  ${paint(view, 'yellow', `NOT granted: ${capability}`)}  ${paint(view, 'dim', `--allow ${quote(capability)}`)}`),
    ...(decision?.fallen ?? []).map(({ capability }) => `  ${paint(view, 'dim', `not granted, optional: ${printCapability(capability)}`)}`),
    ...counted(run, view),
  ];
  if (!plan) return `${[...lines, `${title('runs')}     in toka's own process (it is part of toka)`, verdict].map(plainLine).join('\n')}\n`;
  const { limits } = plan;
  return `${[
    ...lines,
    `${title('command')}  ${plan.argv.map(quote).join(' ')}`,
    `${title('folder')}   ${plan.cwd}`,
    title('files'),
    ...plan.mounts.map(({ path, access }) => `  ${access === 'write' ? 'read, write' : 'read       '}  ${path}`),
    ...plan.hidden.map((path) => `  hidden       ${path}`),
    title('environment'),
    ...Object.keys(plan.env).map((name) => `  ${name}`),
    `${title('network')}  none`,
    `${title('limits')}   memory ${printSize(limits.memory)}, CPU ${limits.cpu}% of a core, ${limits.pids} processes, ${printDuration(limits.timeoutMs)}, ` +
      `output ${printSize(limits.maxOutput)}, disk ${printSize(limits.maxDisk)}`,
    verdict,
  ].map(plainLine).join('\n')}\n`;
}

/** The limits and the budget that the run would count at; nothing where there are none. */
function counted({ budget = {}, claims }: Run, view: Terminal): string[] {
  const amounts = Object.entries(budget as Readonly<Record<string, number>>).map(([name, amount]) => `  ${printAmount(name as keyof Budget, amount)}  ${paint(view, 'dim', 'with all that it starts')}`);
  const rates = claims.map(({ limit: { rate, file, line } }) => `  ${printRate(rate)}  ${paint(view, 'dim', `by ${file}:${line}`)}`);
  return amounts.length + rates.length === 0 ? [] : [paint(view, 'bold', 'at most'), ...rates, ...amounts];
}
