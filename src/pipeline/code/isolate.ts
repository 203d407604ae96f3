import type { ProgramHost, SandboxRuntime } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import type { Executable } from '../../manifest/tool.ts';
import { loadRuntime } from '../../runtime/code/load.ts';
import type { House } from '../house.ts';
import type { CodeParams } from '../request.ts';
import { type Run, settled } from '../run.ts';

/** Code in an isolate touches nothing of the machine: only a program needs a plan. */
export async function isolateCode(run: Run, { isolation, language, path }: Extract<Executable, { type: 'code' }>, house: House): Promise<Run> {
  if (isolation === 'isolate') return run;
  const runtime = loadRuntime(path, 'sandbox');
  const { requirements } = settled(run, 'params') as CodeParams;
  const host = programHost(runtime, house);
  const probe = (await runtime.probe?.(host)) ?? { available: true };
  if (!probe.available) throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${language} cannot be run here: ${probe.reason}`, { hint: probe.hint, data: { language } });
  const program = await runtime.program({ language, requirements }, host);
  const { planProgram, requireEnforcement } = await import('../../runtime/sandboxed.ts');
  const { request } = run;
  const plan = planProgram({
    program,
    tool: settled(run, 'tool'),
    effective: settled(run, 'decision').effective,
    cwd: request.cwd,
    env: house.env,
    hidden: house.hidden,
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
    ...(request.input === undefined ? {} : { hasInput: true }),
  });
  await requireEnforcement(plan, house.demand);
  return { ...run, plan };
}

/**
 * What a runtime is told of the machine.
 *
 * @throws TOKA_STATE_UNAVAILABLE where the runtime's folder cannot be made
 */
export function programHost({ id }: Pick<SandboxRuntime, 'id'>, { env, runtimeFolder }: House): ProgramHost {
  const folder = runtimeFolder(id);
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot make ${folder}, the folder of the runtime ${id}`, {
      cause,
      hint: 'check the permissions and the free space there, or set XDG_DATA_HOME to another folder',
    });
  }
  return { folder, env };
}
