import type { EffectiveSet } from '../capability/effective.ts';
import { printCapability } from '../capability/grammar.ts';
import { isSecretBearing } from '../capability/secrets.ts';
import { TokaError } from '../errors.ts';
import type { Executable, Tool } from '../manifest/tool.ts';
import { limitsOf } from '../sandbox/levels.ts';
import { proxyVariables } from '../sandbox/network/variables.ts';
import type { Mount, SandboxPlan } from '../sandbox/plan.ts';
import { realProgram } from '../sandbox/program.ts';
import { passParameters } from './arguments.ts';
import { fileView } from './mounts.ts';
import { reserved } from './reserved.ts';
import { realPathOf } from './tool-fs-locate.ts';

type ProcessExecutable = Extract<Executable, { type: 'shell' | 'python' | 'external' }>;

export interface PlanInput {
  readonly tool: Tool;
  readonly params: Readonly<Record<string, unknown>>;
  readonly effective: EffectiveSet;
  readonly cwd: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
  readonly hidden: readonly string[];
  /** Variables that the caller of a command adds. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** Whether the caller of a command wants it to start in `cwd` and nowhere else. */
  readonly needsCwd?: boolean;
}

/** A sandbox plan and what is written to the process's standard input. */
export interface Planned {
  readonly plan: SandboxPlan;
  readonly input?: string;
}

/** Turns a checked call of a process tool into the exact sandbox it gets. */
export function planProcess(input: PlanInput): Planned {
  const { tool, params, effective, env } = input;
  const executable = processExecutable(tool);
  requireWithin(executable.path, input);
  const passed = passParameters(executable, tool.params, params);
  const program = realProgram(executable.type === 'external' ? executable.path : executable.interpreter, env, input.cwd);
  const script = executable.type === 'external' ? [] : [executable.path];
  const view = fileView(effective, input.hidden);
  const mounts: Mount[] = [...view.mounts, ...[...program.mounts, ...script].map((path): Mount => ({ path, access: 'read' }))];
  const network = networkView(effective);
  const plan: SandboxPlan = {
    argv: [program.path, ...script, ...passed.args],
    cwd: workingFolder(executable, input, mounts),
    env: { ...baseEnvironment(effective, env), ...input.extraEnv, ...passed.env, ...network.env },
    mounts: withoutRepeats(mounts),
    hidden: view.hidden,
    ...(passed.files.length === 0 ? {} : { files: passed.files }),
    ...network.part,
    stdin: executable.stdin === 'none' ? 'none' : 'pipe',
    limits: limitsOf(tool.level, { ...tool.sandbox, ...shorter(tool.sandbox.timeoutMs, input.timeoutMs) }),
  };
  return { plan, ...(passed.input === undefined ? {} : { input: passed.input }) };
}

/**
 * Refuses the code of a project's tool that bears secrets, or that a symlink leads out of the project (it was not so when the manifest was
 * indexed): it would be shown to the tool without a grant.
 *
 * @throws TokaError TOKA_MANIFEST_INVALID
 */
export function requireWithin(path: string, { tool, root }: Pick<PlanInput, 'tool' | 'root'>): void {
  if (tool.origin.kind !== 'project' || !path.startsWith(`${root}/`)) return;
  const real = realPathOf(path);
  if (isSecretBearing(real)) {
    throw new TokaError('TOKA_MANIFEST_INVALID', `expected code, found ${path}, which by its name bears secrets`, {
      where: { file: tool.origin.file },
      hint: 'give the file another name',
    });
  }
  if (real.startsWith(`${realPathOf(root)}/`)) return;
  throw new TokaError('TOKA_MANIFEST_INVALID', `expected a file inside ${root}, found ${path}, a link that leads to ${real}`, {
    where: { file: tool.origin.file },
    hint: 'put the file itself there',
  });
}

/** The scrubbed environment: nothing of the caller's but what was granted by name. */
export function baseEnvironment(effective: EffectiveSet, env: PlanInput['env']): Record<string, string> {
  const granted = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && effective.allows('env', 'read', entry[0]),
  );
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', TERM: 'dumb', ...Object.fromEntries(granted) };
}

/** The hosts of a run, where it has any, and the variables by which programs find the way to them. */
export function networkView({ permissions }: EffectiveSet): { readonly env: Readonly<Record<string, string>>; readonly part: Pick<SandboxPlan, 'network'> } {
  const granted = permissions.filter(({ capability }) => capability.domain === 'net').map(({ capability }) => printCapability(capability));
  return granted.length === 0 ? { env: {}, part: {} } : { env: proxyVariables(), part: { network: [...new Set(granted)] } };
}

export function shorter(a: number | undefined, b: number | undefined): { timeoutMs?: number } {
  if (a === undefined && b === undefined) return {};
  return { timeoutMs: Math.min(a ?? Infinity, b ?? Infinity) };
}

function processExecutable(tool: Tool): ProcessExecutable {
  const { executable } = tool;
  if (executable.type === 'shell' || executable.type === 'python' || executable.type === 'external') return executable;
  throw reserved(tool);
}

/** The folder that the manifest names where the process can see it, else its private scratch folder; one that is needed is refused on start. */
function workingFolder({ workingDirectory }: ProcessExecutable, { cwd, root, needsCwd }: PlanInput, mounts: readonly Mount[]): string {
  if (needsCwd === true) return cwd;
  const wanted = workingDirectory === 'project' ? root : cwd;
  return workingDirectory === 'scratch' ? '/tmp' : folderInside(wanted, mounts);
}

/** A folder where a process can see it, else its private scratch folder. */
export function folderInside(wanted: string, mounts: readonly Mount[]): string {
  const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
  // A folder above a mount exists inside the sandbox as well, with nothing in it but the way down.
  return mounts.some(({ path }) => isBelow(wanted, path) || isBelow(path, wanted)) ? wanted : '/tmp';
}

/** The first mount of each path. */
export function withoutRepeats(mounts: readonly Mount[]): Mount[] {
  return mounts.filter(({ path }, at) => mounts.findIndex((other) => other.path === path) === at);
}

