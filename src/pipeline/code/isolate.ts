import { TokaError } from '../../errors.ts';
import type { Executable } from '../../manifest/tool.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';

/** Code in an isolate touches nothing of the machine: only a program needs a plan. */
export async function isolateCode(run: Run, { isolation, language }: Extract<Executable, { type: 'code' }>, _house: House): Promise<Run> {
  if (isolation === 'isolate') return run;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${language} is not available yet`, { hint: 'x' });
}
