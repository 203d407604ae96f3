import { isAbsolute } from 'node:path';
import { isFileName } from '../../manifest/file-name.ts';
import { type Program, RUNTIME_FILES } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { limitsOf } from '../../sandbox/levels.ts';
import type { Mount, OwnFile, SandboxPlan } from '../../sandbox/plan.ts';
import { realProgram } from '../../sandbox/program.ts';
import { fileView } from '../mounts.ts';
import { baseEnvironment, folderInside, networkView, type PlanInput, shorter, withoutRepeats } from '../plan.ts';

/** Where code finds the folder for the files that it wants to keep. */
const ARTIFACTS = '/dev/toka-artifacts';

export interface ProgramInput extends Pick<PlanInput, 'effective' | 'cwd' | 'env' | 'hidden' | 'timeoutMs'> {
  readonly tool: Pick<PlanInput['tool'], 'level' | 'sandbox'>;
  readonly program: Program;
  /** Whether the caller has input for the code. */
  readonly hasInput?: boolean;
}

/**
 * The sandbox of a runtime's program: what was granted, and what the runtime itself needs. The same for the same program and grants.
 *
 * @throws TokaError TOKA_RUNTIME_FAILED where the runtime names what no sandbox can have
 */
export function planProgram({ program, tool, effective, cwd, env, hidden, timeoutMs, hasInput = false }: ProgramInput): SandboxPlan {
  const [name, ...words] = program.argv;
  const { path, mounts: own } = isAbsolute(name) ? { path: name, mounts: [] } : realProgram(name, env, cwd);
  const view = fileView(effective, hidden);
  const read = [...own, ...readsOf(program)].map((each): Mount => ({ path: each, access: 'read' }));
  const mounts = withoutRepeats([...view.mounts, ...read]);
  const files = filesOf(program);
  const network = networkView(effective);
  return {
    argv: [path, ...words],
    cwd: folderInside(cwd, view.mounts),
    env: { ...baseEnvironment(effective, env), ...program.env, ...network.env, TOKA_ARTIFACTS: ARTIFACTS },
    mounts,
    hidden: view.hidden,
    ...(files.length === 0 ? {} : { files }),
    ...network.part,
    stdin: hasInput ? 'pipe' : 'none',
    channel: true,
    folder: ARTIFACTS,
    limits: limitsOf(tool.level, { ...tool.sandbox, ...shorter(tool.sandbox.timeoutMs, timeoutMs) }),
  };
}

function readsOf({ reads = [] }: Program): readonly string[] {
  const relative = reads.find((path) => !isAbsolute(path));
  if (relative !== undefined) throw broken(`absolute paths under reads, found ${JSON.stringify(relative)}`);
  return reads;
}

function filesOf({ files = {} }: Program): OwnFile[] {
  return Object.entries(files).map(([name, content]) => {
    if (!isFileName(name)) throw broken(`names of files under files, found ${JSON.stringify(name)}`);
    return { path: `${RUNTIME_FILES}/${name}`, content };
  });
}

function broken(what: string): TokaError {
  return new TokaError('TOKA_RUNTIME_FAILED', `the program of a runtime should have ${what}`);
}
