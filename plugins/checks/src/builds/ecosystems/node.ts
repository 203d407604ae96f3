import { dirname, join, matchesGlob, relative } from 'node:path';
import { firstOf, openFolder, type Folder } from '../folder.ts';
import { checkCopiedLock, checkNpmTree, checkYarnTree } from '../installed.ts';
import { isObject, readPackageJson, type PackageJson } from '../package-json.ts';
import type { Project } from '../project.ts';
import type { Action, Argv, PlannedStep, StepName } from '../step.ts';

type Manager = 'npm' | 'pnpm' | 'yarn';

/** Names under which scripts of a step go, the plainest first. */
const SCRIPTS: Readonly<Record<Exclude<StepName, 'install'>, readonly string[]>> = {
  lint: ['lint', 'lint:check', 'check:lint', 'check'],
  types: ['typecheck', 'type-check', 'check:types', 'check-types', 'types', 'tsc'],
  test: ['test'],
  build: ['build'],
};

const ENVIRONMENT = { CI: 'true', NO_COLOR: '1', npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false' };

/** The steps of a package.json, run by the package manager that the project uses. */
export async function planNode({ folder, members, root, fs }: Project): Promise<PlannedStep[]> {
  const manifest = await readPackageJson(folder);
  if (manifest === undefined) return [];
  const manager = await managerOf(folder, manifest);
  const plan = (step: StepName, action: Action): PlannedStep => ({ ecosystem: manager.name, folder: folder.path, step, action });
  if (manager.unsupported !== undefined) {
    const reason = `${manager.unsupported} is not among the package managers that are known (npm, pnpm, yarn)`;
    return (['install', 'lint', 'types', 'test', 'build'] as const).map((step) => plan(step, { kind: 'unsupported', reason }));
  }
  const packages = await Promise.all(members.map(async (path) => readPackageJson(openFolder(fs, path))));
  const memberScripts = packages.filter((each) => each !== undefined).map(({ scripts }) => scripts);
  const script = (step: keyof typeof SCRIPTS): Action => scriptAction(manager, step, manifest, memberScripts);
  const types = script('types');
  return [
    plan('install', installAction(folder, manifest, manager.name, members.length > 0)),
    plan('lint', script('lint')),
    plan('types', types.kind === 'none' ? ((await compilerAction(folder, root, fs)) ?? types) : types),
    plan('test', script('test')),
    plan('build', script('build')),
  ];
}

/** The globs of the packages that belong to the one at the root. */
export async function nodeMembers(folder: Folder): Promise<(path: string) => boolean> {
  const manifest = await readPackageJson(folder);
  const pnpm = await folder.read('pnpm-workspace.yaml');
  const value: unknown = pnpm === undefined ? undefined : (await import('yaml')).parse(pnpm);
  const packages: unknown[] = isObject(value) && Array.isArray(value['packages']) ? value['packages'] : [];
  const globs = [...(manifest?.workspaces ?? []), ...packages.filter((each) => typeof each === 'string')].map((glob) =>
    glob.replace(/^\.\//, '').replace(/\/$/, ''),
  );
  const [wanted, unwanted] = [
    globs.filter((glob) => !glob.startsWith('!')),
    globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)),
  ];
  return (path) => wanted.some((glob) => matchesGlob(path, glob)) && !unwanted.some((glob) => matchesGlob(path, glob));
}

interface ManagerChoice {
  readonly name: Manager;
  readonly berry: boolean;
  readonly unsupported?: string;
}

async function managerOf(folder: Folder, { packageManager }: PackageJson): Promise<ManagerChoice> {
  const [, named, major] = /^(\w+)@(\d+)/.exec(packageManager ?? '') ?? [];
  const lock = await firstOf(folder, ['pnpm-lock.yaml', 'yarn.lock', 'package-lock.json', 'npm-shrinkwrap.json', 'bun.lock', 'bun.lockb']);
  const byLock = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'bun.lockb': 'bun' }[lock ?? ''] ?? 'npm';
  const name = named ?? byLock;
  const berry = name === 'yarn' && (major === undefined ? await folder.has('.yarnrc.yml') : Number(major) >= 2);
  return name === 'npm' || name === 'pnpm' || name === 'yarn' ? { name, berry } : { name: 'npm', berry, unsupported: name };
}

function installAction(folder: Folder, manifest: PackageJson, manager: Manager, hasMembers: boolean): Action {
  if (Object.keys(manifest.dependencies).length === 0 && !hasMembers) return { kind: 'none', reason: 'package.json names no dependencies' };
  const check = {
    npm: async () => checkNpmTree(folder, manifest),
    pnpm: async () => checkCopiedLock(folder, 'pnpm-lock.yaml', 'node_modules/.pnpm/lock.yaml', 'pnpm install --frozen-lockfile'),
    yarn: async () => checkYarnTree(folder, manifest),
  }[manager];
  return { kind: 'built-in', description: 'compare package.json, lock file and node_modules', check };
}

function scriptAction(
  manager: ManagerChoice,
  step: keyof typeof SCRIPTS,
  { scripts }: PackageJson,
  members: readonly Readonly<Record<string, string>>[],
): Action {
  const name = chooseScript(step, scripts);
  if (name !== undefined) return { kind: 'process', argv: runScript(manager.name, name), env: ENVIRONMENT };
  const shared = SCRIPTS[step].find((each) => members.some((memberScripts) => isReal(memberScripts[each])));
  if (shared === undefined) return { kind: 'none', reason: `no script is called ${SCRIPTS[step].join(' or ')}` };
  const argv = runEverywhere(manager, shared);
  return argv === undefined
    ? { kind: 'unsupported', reason: `workspaces have a script ${shared}, which yarn 1 cannot run where it exists only` }
    : { kind: 'process', argv, env: ENVIRONMENT };
}

/** A script that only checks is preferred to one that mends. */
function chooseScript(step: keyof typeof SCRIPTS, scripts: Readonly<Record<string, string>>): string | undefined {
  const there = SCRIPTS[step].filter((name) => isReal(scripts[name]));
  return there.find((name) => !/--(fix|write)\b/.test(scripts[name] ?? '')) ?? there[0];
}

/** `npm init` writes a test script that only fails. */
function isReal(script: string | undefined): boolean {
  return script !== undefined && script.trim() !== '' && !script.includes('no test specified');
}

function runScript(manager: Manager, name: string): Argv {
  if (manager === 'npm') return ['npm', 'run', '--silent', name];
  return manager === 'pnpm' ? ['pnpm', '--silent', 'run', name] : ['yarn', 'run', name];
}

function runEverywhere({ name, berry }: ManagerChoice, script: string): Argv | undefined {
  if (name === 'npm') return ['npm', 'run', '--silent', '--workspaces', '--if-present', script];
  if (name === 'pnpm') return ['pnpm', '--silent', '-r', '--if-present', 'run', script];
  return berry ? ['yarn', 'workspaces', 'foreach', '--all', 'run', script] : undefined;
}

/** A project with a tsconfig.json and an installed compiler has types to check, whether or not a script says so. */
async function compilerAction(folder: Folder, root: string, fs: Project['fs']): Promise<Action | undefined> {
  const config = await folder.read('tsconfig.json');
  if (config === undefined) return undefined;
  for (let at = folder.path; ; at = dirname(at)) {
    if (await openFolder(fs, at).has('node_modules/typescript/bin/tsc')) {
      const compiler = relative(folder.path, join(at, 'node_modules/typescript/bin/tsc'));
      const mode = /"references"\s*:/.test(config) ? ['--build', '--noEmit'] : ['--noEmit', '--project', 'tsconfig.json'];
      return { kind: 'process', argv: ['node', compiler, ...mode], env: { NO_COLOR: '1' } };
    }
    if (at === root || dirname(at) === at) return undefined;
  }
}
