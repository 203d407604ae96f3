import { TokaError } from '../../errors.ts';
import { printCapability } from '../../capability/grammar.ts';
import type { PlanInput } from '../../runtime/plan.ts';
import type { House } from '../house.ts';
import { requireUnchanged } from '../locked.ts';
import type { Command } from '../request.ts';
import { type Run, settled } from '../run.ts';

/** Turns the grants into a sandbox plan that this machine can enforce; only bundled native code stays in toka's own process. */
export async function isolate(run: Run, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  requireUnchanged(run, house);
  const { effective } = settled(run, 'decision');
  const network = effective.permissions.find(({ capability }) => capability.domain === 'net');
  if (network) {
    throw new TokaError('TOKA_NETWORK_UNAVAILABLE', `${printCapability(network.capability)} is granted, but this release cannot yet limit a run to named hosts`, {
      hint: 'run it without the network capability',
    });
  }
  if (tool.executable.type === 'native' && tool.origin.kind === 'bundled') return run;
  const { planIsolatedNative, planProcess, requireEnforcement } = await import('../../runtime/sandboxed.ts');
  const asked = planInput(run, house);
  const { plan, input } =
    tool.executable.type === 'native'
      ? planIsolatedNative(tool.executable.entry, { ...asked, runId: run.id, fallen: settled(run, 'decision').fallen })
      : planProcess(asked);
  await requireEnforcement(plan, house.demand);
  return { ...run, plan, ...(input === undefined ? {} : { input }) };
}

function planInput(run: Run, house: House): PlanInput {
  const { request } = run;
  return {
    tool: settled(run, 'tool'),
    params: settled(run, 'params'),
    effective: settled(run, 'decision').effective,
    cwd: request.cwd,
    root: house.projectRoot ?? request.cwd,
    env: house.env,
    hidden: house.hidden,
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
    ...(request.model === 'tool' && request.target.kind === 'command' ? ofCommand(request.target.command) : {}),
  };
}

function ofCommand({ env, needsCwd = false }: Command): Pick<PlanInput, 'extraEnv' | 'needsCwd'> {
  return { extraEnv: env, needsCwd };
}
