import { TokaError } from '../../errors.ts';
import type { EffectiveSet } from '../../capability/effective.ts';
import { printCapability } from '../../capability/grammar.ts';
import type { PlanInput } from '../../runtime/plan.ts';
import type { House } from '../house.ts';
import { requireUnchanged } from '../locked.ts';
import type { Command } from '../request.ts';
import { idempotencyKey, type Run, settled } from '../run.ts';

/** Turns the grants into a sandbox plan that this machine can enforce; only bundled native code stays in toka's own process. */
export async function isolate(run: Run, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  requireUnchanged(run, house);
  const { effective } = settled(run, 'decision');
  if (tool.executable.type === 'native' && tool.origin.kind === 'bundled') {
    refuseNetwork(effective);
    return run;
  }
  if (tool.executable.type === 'agent' || tool.executable.type === 'prompt') return run;
  if (tool.executable.type === 'code') return (await import('../code/isolate.ts')).isolateCode(run, tool.executable, house);
  const { planIsolatedNative, planProcess, requireEnforcement } = await import('../../runtime/sandboxed.ts');
  const asked = planInput(run, house);
  const { plan, input } =
    tool.executable.type === 'native'
      ? planIsolatedNative(tool.executable.entry, { ...asked, runId: run.id, idempotencyKey: idempotencyKey(run), fallen: settled(run, 'decision').fallen, record: run.request.record === true })
      : planProcess(asked);
  await requireEnforcement(plan, house.demand);
  return { ...run, plan, ...(input === undefined ? {} : { input }) };
}

/** Code in toka's own process has the whole network of toka: no grant for named hosts could be kept. */
function refuseNetwork({ permissions }: EffectiveSet): void {
  const network = permissions.find(({ capability }) => capability.domain === 'net');
  if (!network) return;
  throw new TokaError('TOKA_NETWORK_UNAVAILABLE', `${printCapability(network.capability)} is granted, but a tool that runs in toka's own process cannot be limited to named hosts`, {
    hint: 'run it without the network capability',
  });
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
