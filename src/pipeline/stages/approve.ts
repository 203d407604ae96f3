import { printCapability, showCapability } from '../../capability/grammar.ts';
import { isGrantable, type Missing } from '../../capability/policy.ts';
import { TokaError } from '../../errors.ts';
import type { ApprovalDecided } from '../../journal/events.ts';
import type { House } from '../house.ts';
import { reasonOf, remedyOf } from '../reasons.ts';
import { Halt, type Run, settled } from '../run.ts';
import { authorize } from './authorize.ts';

/** Asks a person for each missing capability that a person may give; without a person, or against a rule, the run is denied. */
export async function approve(run: Run, house: House): Promise<Run> {
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

function denied(run: Run, missing: readonly Missing[], { untrustedConfig }: House): TokaError {
  const tool = settled(run, 'tool');
  const names = missing.map(({ capability }) => printCapability(capability));
  const reasons = missing.map((each) => `${showCapability(each.capability)} (${reasonOf(each.lack)})`);
  return new TokaError('TOKA_CAPABILITY_DENIED', `${tool.qualified} was not granted ${reasons.join(', ')}`, {
    hint: remedyOf(missing, tool.qualified, untrustedConfig),
    data: { tool: tool.qualified, missing: names, principal: run.request.principal.subject },
  });
}
