import type { Executable } from '../../manifest/tool.ts';
import { loadRuntime } from '../../runtime/code/load.ts';
import { limitsOf } from '../../sandbox/levels.ts';
import { type Run, settled } from '../run.ts';

/** Lets an isolate start while the later stages still decide whether code may run in it: nothing of the code is in it yet. */
export function anticipateCode(run: Run, { isolation, path }: Extract<Executable, { type: 'code' }>): Run {
  if (isolation === 'sandbox') return run;
  const { level, sandbox } = settled(run, 'tool');
  loadRuntime(path, 'isolate').prepare?.(limitsOf(level, sandbox).memory);
  return run;
}
