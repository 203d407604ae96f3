import type { Run } from '../pipeline/run.ts';
import { printCapability } from '../capability/grammar.ts';
import { printDuration, printSize } from '../manifest/units.ts';
import { quote } from './help.ts';
import { printablePlan } from '../sandbox/plan.ts';
import { paint, plainLine, type Terminal } from './text.ts';

/** What `--dry-run` prints as JSON. */
export function planJson({ approvals, decision, plan, tool }: Run): string {
  return `${JSON.stringify({
    schema: 'toka/plan/v1',
    tool: tool?.qualified,
    effect: tool?.effect,
    // What is missing is planned for as if it were granted: the run itself would be denied.
    missing: approvals.map(({ capability }) => capability),
    effective: decision?.effective.permissions.map(({ capability, source }) => ({ capability: printCapability(capability), source })),
    fallen: decision?.fallen.map(({ capability }) => printCapability(capability)),
    isolation: plan ? 'sandbox' : 'in-process',
    ...(plan ? { plan: printablePlan(plan) } : {}),
  })}\n`;
}

/** The same for people: the exact command and everything that exists for it. */
export function planText({ approvals, decision, plan, tool }: Run, view: Terminal): string {
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
  ];
  if (!plan) return `${[...lines, `${title('runs')}     in toka's own process (it is part of toka)`, verdict].map(plainLine).join('\n')}\n`;
  const { limits } = plan;
  return `${[
    ...lines,
    `${title('command')}  ${plan.argv.map(quote).join(' ')}`,
    `${title('folder')}   ${plan.cwd}`,
    title('files'),
    ...plan.mounts.map(({ path, access }) => `  ${access === 'write' ? 'read, write' : 'read       '}  ${path}`),
    ...(plan.files ?? []).map(({ path }) => `  its own      ${path}`),
    ...plan.hidden.map((path) => `  hidden       ${path}`),
    title('environment'),
    ...Object.keys(plan.env).map((name) => `  ${name}`),
    `${title('network')}  ${plan.network === undefined ? 'none' : plan.network.join(', ')}`,
    `${title('limits')}   memory ${printSize(limits.memory)}, CPU ${limits.cpu}% of a core, ${limits.pids} processes, ${printDuration(limits.timeoutMs)}, ` +
      `output ${printSize(limits.maxOutput)}, disk ${printSize(limits.maxDisk)}`,
    verdict,
  ].map(plainLine).join('\n')}\n`;
}
