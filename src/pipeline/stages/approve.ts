import { printCapability } from '../../capability/grammar.ts';
import { describeLack, type Missing } from '../../capability/authorize.ts';
import { TokaError } from '../../errors.ts';
import type { ApprovalDecided } from '../../journal/events.ts';
import type { House } from '../house.ts';
import { Halt, type Run, settled } from '../run.ts';
import { authorize } from './authorize.ts';

/** Asks a person for each missing capability that a person may give; without a person, or against a rule, the run is denied. */
export async function approve(run: Run, house: House): Promise<Run> {
  let current = run;
  for (const missing of settled(run, 'decision').missing) current = await ask(current, missing, house);
  return current === run ? run : authorize(current, house);
}

async function ask(run: Run, missing: Missing, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  const { approver, projectRoot } = house;
  if (!approver || !canBeAsked(missing)) throw denied(run, settled(run, 'decision').missing, house);
  const { decision, by } = await approver(tool, missing, projectRoot);
  const approval: ApprovalDecided = { v: 1, type: 'approval.decided', capability: printCapability(missing.capability), decision, by };
  const asked = { ...run, approvals: [...run.approvals, approval] };
  if (decision === 'deny') throw new Halt(asked, denied(run, [missing], house));
  return { ...asked, granted: [...asked.granted, { capability: missing.capability, source: 'asked' }] };
}

function canBeAsked({ lack }: Missing): boolean {
  return lack.by === 'policy' || lack.by === 'secret';
}

function denied(run: Run, missing: readonly Missing[], house: House): TokaError {
  const tool = settled(run, 'tool');
  const names = missing.map(({ capability }) => printCapability(capability));
  const reasons = missing.map((each) => `${printCapability(each.capability)} (${describeLack(each.lack)})`);
  return new TokaError('TOKA_CAPABILITY_DENIED', `${tool.qualified} was not granted ${reasons.join(', ')}`, {
    hint: hint(missing, house),
    data: { tool: tool.qualified, missing: names, principal: run.request.principal.subject },
  });
}

function hint(missing: readonly Missing[], { untrustedConfig }: House): string {
  const grantable = missing.filter(canBeAsked).map(({ capability }) => `--allow '${printCapability(capability)}'`);
  if (grantable.length < missing.length) return 'this cannot be granted by a flag: see the reason above';
  const forGood =
    untrustedConfig === undefined
      ? 'or for good under policy.allow in your configuration'
      : `or see with toka trust --show whether ${untrustedConfig} grants it: it is not trusted, so its rules do not count`;
  return `grant it for this run with ${grantable.join(' ')}, ${forGood}`;
}
