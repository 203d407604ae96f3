import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { isCoded, type ProgramHost, type SandboxRuntime, type SetupHost } from '@toka/sdk';
import type { Permission } from '../../capability/effective.ts';
import { escapeGlob } from '../../capability/glob.ts';
import { type Capability, parseCapability, printCapability } from '../../capability/grammar.ts';
import { execOf } from '../../capability/needs.ts';
import { TokaError } from '../../errors.ts';
import type { Calls } from '../calls.ts';
import { spawnWith } from '../children.ts';
import type { House } from '../house.ts';
import type { CodeParams } from '../request.ts';
import { type Run, settled } from '../run.ts';

/** What a grant says that toka gives to a runtime itself. */
const SOURCE = 'runtime';

/** Lets a runtime make what its program needs and is not there yet: by child runs that may write the runtime's own folder, and reach what the run may reach. */
export async function setUp(run: Run, runtime: SandboxRuntime, language: string, host: ProgramHost, house: House, signal: AbortSignal, calls: Calls): Promise<void> {
  if (!runtime.setup) return;
  const { requirements } = settled(run, 'params') as CodeParams;
  try {
    await runtime.setup({ language, requirements }, { ...host, ...setupHost(run, host.folder, house, signal, calls) });
  } catch (cause) {
    if (!isCoded(cause) || cause.code.startsWith('TOKA_')) throw cause;
    const { code, hint, message } = cause;
    throw new TokaError('TOKA_RUN_FAILED', message, { cause, data: { tool: settled(run, 'tool').qualified, code }, ...(hint === undefined ? {} : { hint }) });
  }
}

function setupHost(run: Run, folder: string, house: House, signal: AbortSignal, calls: Calls): SetupHost {
  const { onEvent } = run.request;
  const own = (['read', 'write'] as const).map((action): Capability => ({ domain: 'fs', action, scope: `${escapeGlob(folder)}/**` }));
  return {
    signal,
    spawn: async (argv, { network = [], reads = [], env = {}, timeoutMs } = {}) => {
      demandGranted(run, network);
      const files = [...own, ...reads.map(readOf)];
      const permissions = [...files, execOf(argv[0]), execOf(basename(argv[0]))].map((capability): Permission => ({ capability, source: SOURCE }));
      const spawn = spawnWith({ permissions, level: network.length > 0 ? 'elevated' : 'standard' }, run, house, signal, calls);
      return spawn(argv, { env, cwd: folder, capabilities: [...files.map(printCapability), ...network], ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    },
    log: (level, message) => onEvent?.({ type: 'log', run: run.id, level, message }),
    progress: (progress) => onEvent?.({ type: 'progress', run: run.id, progress }),
  };
}

/** Said of the run itself: who reads it knows nothing of what a runtime starts. */
function demandGranted(run: Run, needs: readonly string[]): void {
  const { effective } = settled(run, 'decision');
  const missing = needs.filter((need) => !effective.covering(parseCapability(need)));
  if (missing.length === 0) return;
  const { qualified } = settled(run, 'tool');
  throw new TokaError('TOKA_CAPABILITY_DENIED', `to install what it requires, ${qualified} needs ${missing.join(' and ')}, and was not granted that`, {
    hint: `if that is intended: ${missing.map((need) => `--allow ${need}`).join(' ')}`,
    data: { tool: qualified, missing },
  });
}

/** A file, or a folder with all that is in it. */
function readOf(path: string): Capability {
  return { domain: 'fs', action: 'read', scope: `${escapeGlob(path)}${statSync(path).isDirectory() ? '/**' : ''}` };
}
