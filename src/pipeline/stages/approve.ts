import { permits } from '../../capability/effective.ts';
import { escapeGlob } from '../../capability/glob.ts';
import { printCapability, showCapability } from '../../capability/grammar.ts';
import { isGrantable, type Missing } from '../../capability/policy.ts';
import { TokaError } from '../../errors.ts';
import { printFlow, reasonOfTaint } from '../agent/taint.ts';
import type { Taint } from '../agent/port.ts';
import type { ApprovalDecided } from '../../journal/events.ts';
import type { House } from '../house.ts';
import { maskOf } from '../mask.ts';
import { reasonOf, remedyOf } from '../reasons.ts';
import { Halt, type Run, settled } from '../run.ts';
import { authorize } from './authorize.ts';

/** Asks a person for each missing capability that a person may give, and for each value that others may have chosen; without a person, or against a rule, the run is denied. */
export async function approve(run: Run, house: House): Promise<Run> {
  const taints = taintsOf(run, house);
  const beyond = taints.filter(({ role }) => role !== 'path');
  // Nobody is asked for what would not be enough.
  if (beyond.length > 0 && !house.confirmer) throw tainted(run, beyond);
  const granted = await grant(run, house);
  return confirm(granted, taints.filter((taint) => !isNamed(granted, taint)), house);
}

/** Whether the person has named the path, or the folder that it lies in, by what they granted to just this run. */
function isNamed({ decision, granted, request }: Run, { role, value }: Taint): boolean {
  const need = { domain: 'fs', action: 'write', scope: escapeGlob(value) } as const;
  const permissions = [...granted, ...(request.parent?.permissions ?? []), ...(decision?.effective.permissions ?? [])];
  return role === 'path' && permissions.some((permission) => permission.consent !== undefined && permits(permission, need));
}

async function grant(run: Run, house: House): Promise<Run> {
  let current = run;
  for (const missing of settled(run, 'decision').missing) current = await ask(current, missing, house);
  if (current === run) return run;
  const decided = await authorize(current, house);
  const { missing } = settled(decided, 'decision');
  if (missing.length > 0) throw denied(decided, missing, house);
  return decided;
}

async function ask(run: Run, missing: Missing, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  const { approver, projectRoot } = house;
  const { missing: all } = settled(run, 'decision');
  // Nobody is asked for what would not be enough.
  if (!approver || !all.every(isGrantable)) throw denied(run, all, house);
  const { decision, by } = await approver(tool, missing, projectRoot, { params: settled(run, 'params'), cwd: run.request.cwd });
  const approval: ApprovalDecided = { v: 1, type: 'approval.decided', capability: printCapability(missing.capability), decision, by };
  const asked = { ...run, approvals: [...run.approvals, approval] };
  if (decision === 'deny') throw new Halt(asked, denied(run, [missing], house));
  return { ...asked, granted: [...asked.granted, { capability: missing.capability, source: 'asked', consent: 'answer' }] };
}

/** What a person has agreed to for longer than one call. */
const agreed = new WeakMap<House, Set<string>>();

function taintsOf(run: Run, house: House): readonly Taint[] {
  const known = agreed.get(house);
  const taints = run.request.flow?.judge(settled(run, 'tool'), settled(run, 'params')) ?? [];
  return taints.filter((taint) => known?.has(keyOf(run, taint)) !== true);
}

function keyOf(run: Run, { parameter, role, value }: Taint): string {
  return JSON.stringify([settled(run, 'tool').qualified, parameter, role, value]);
}

async function confirm(run: Run, taints: readonly Taint[], house: House): Promise<Run> {
  const { confirmer, projectRoot } = house;
  let current = run;
  for (const taint of taints) {
    if (!confirmer) throw tainted(current, taints);
    const answer = await confirmer(settled(run, 'tool'), taint, projectRoot);
    const approval: ApprovalDecided = { v: 1, type: 'approval.decided', capability: maskOf(run).text(printFlow(taint)), ...answer };
    current = { ...current, approvals: [...current.approvals, approval] };
    if (answer.decision === 'deny') throw new Halt(current, tainted(run, [taint]));
    if (answer.decision !== 'once') agreed.set(house, (agreed.get(house) ?? new Set()).add(keyOf(run, taint)));
  }
  return current;
}

function tainted(run: Run, taints: readonly Taint[]): TokaError {
  const { qualified } = settled(run, 'tool');
  const reasons = taints.map((taint) => `${printFlow(taint)} (${reasonOfTaint(taint)})`);
  return new TokaError('TOKA_FLOW_DENIED', `${qualified} was given what others may have chosen: ${reasons.join('; ')}`, {
    hint: 'name the value yourself in what you ask for, run it on a terminal, where a person can be asked, or allow it under flows.allow in your configuration',
    data: { tool: qualified, taints },
  });
}

function denied(run: Run, missing: readonly Missing[], { untrustedConfig }: House): TokaError {
  const tool = settled(run, 'tool');
  const names = missing.map(({ capability }) => printCapability(capability));
  const reasons = missing.map((each) => `${showCapability(each.capability)} (${reasonOf(each.lack)})`);
  return new TokaError('TOKA_CAPABILITY_DENIED', `${tool.qualified} was not granted ${reasons.join(', ')}`, {
    hint: remedyOf(missing, tool.qualified, untrustedConfig),
    data: { tool: tool.qualified, missing: names, principal: run.request.principal.subject },
  });
}
