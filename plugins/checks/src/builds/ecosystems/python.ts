import { join } from 'node:path';
import { firstOf, type Folder } from '../folder.ts';
import type { Project } from '../project.ts';
import type { Action, PlannedStep, StepName } from '../step.ts';
import { readToml, stringList, table } from '../toml.ts';

const ENVIRONMENT = { PYTHONDONTWRITEBYTECODE: '1', NO_COLOR: '1', CI: 'true', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
export const PYTHON_MARKS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'pytest.ini', 'tox.ini'];

interface Configured {
  readonly pyproject: Record<string, unknown>;
  /** Names of the tables under `[tool]`. */
  readonly tools: ReadonlySet<string>;
  /** The sections of setup.cfg and tox.ini. */
  readonly sections: ReadonlySet<string>;
  /** Every requirement that is named anywhere. */
  readonly requirements: readonly string[];
}

/** What the project configures: ruff, mypy, pytest or unittest, build; in its virtual environment where it has one. */
export async function planPython({ folder }: Project): Promise<PlannedStep[]> {
  if ((await firstOf(folder, PYTHON_MARKS)) === undefined) return [];
  const found = await readConfiguration(folder);
  const program = await interpreterOf(folder);
  const python = (...args: string[]): Action => ({ kind: 'process', argv: [program, ...args], env: ENVIRONMENT });
  const plan = (step: StepName, action: Action, optional = false): PlannedStep => ({
    ecosystem: 'python',
    folder: folder.path,
    step,
    action,
    ...(optional ? { optional } : {}),
  });
  const none = (reason: string): Action => ({ kind: 'none', reason });
  const uses = async (tool: string, files: readonly string[]): Promise<boolean> =>
    found.tools.has(tool) || found.sections.has(tool) || found.sections.has(`tool:${tool}`) || (await firstOf(folder, files)) !== undefined;
  const ruff = await uses('ruff', ['ruff.toml', '.ruff.toml']);
  const mypy = await uses('mypy', ['mypy.ini', '.mypy.ini']);
  return [
    plan('install', found.requirements.length > 0 ? python('-m', 'pip', 'check') : none('the project names no dependencies'), true),
    plan('lint', ruff ? python('-m', 'ruff', 'check', '--no-cache', '--output-format=concise', '.') : none('ruff is not configured')),
    plan('types', mypy ? python('-m', 'mypy', '--cache-dir=/dev/null', ...mypyTargets(found)) : none('mypy is not configured')),
    plan('test', await testAction(folder, found, python, await uses('pytest', ['pytest.ini', '.pytest.ini']))),
    plan(
      'build',
      'build-system' in found.pyproject ? python('-m', 'build', '--no-isolation') : none('pyproject.toml has no [build-system]'),
      true,
    ),
  ];
}

async function readConfiguration(folder: Folder): Promise<Configured> {
  const pyproject = (await readToml(folder, 'pyproject.toml')) ?? {};
  const ini = [await folder.read('setup.cfg'), await folder.read('tox.ini')].join('\n');
  const project = table(pyproject['project']);
  const groups = [...Object.values(table(project['optional-dependencies'])), ...Object.values(table(pyproject['dependency-groups']))];
  const poetry = table(table(pyproject['tool'])['poetry']);
  const listed = (await folder.read('requirements.txt'))?.split(/\r?\n/).filter((line) => /^\s*[A-Za-z]/.test(line)) ?? [];
  return {
    pyproject,
    tools: new Set(Object.keys(table(pyproject['tool']))),
    sections: new Set([...ini.matchAll(/^\[([^\]]+)\]/gm)].map(([, name = '']) => name)),
    requirements: [
      ...stringList(project['dependencies']),
      ...groups.flatMap(stringList),
      ...Object.keys(table(poetry['dependencies'])).filter((name) => name !== 'python'),
      ...listed,
    ],
  };
}

/** The environment beside the project, as its own interpreter, so that its packages are found. */
async function interpreterOf(folder: Folder): Promise<string> {
  for (const name of ['.venv', 'venv']) {
    const programs = await folder.list(join(name, 'bin'));
    if (programs.some((entry) => entry.name === 'python3')) return join(folder.path, name, 'bin', 'python3');
  }
  return 'python3';
}

/** mypy takes what to check from its configuration, and nothing where that says nothing. */
function mypyTargets({ pyproject }: Configured): string[] {
  const mypy = table(table(pyproject['tool'])['mypy']);
  return 'files' in mypy || 'packages' in mypy || 'modules' in mypy ? [] : ['.'];
}

async function testAction(folder: Folder, found: Configured, python: (...args: string[]) => Action, configured: boolean): Promise<Action> {
  if (configured || found.requirements.some((name) => /^pytest\b/i.test(name)))
    return python('-m', 'pytest', '-q', '--tb=short', '-p', 'no:cacheprovider');
  for (const name of ['tests', 'test']) {
    const entries = await folder.list(name);
    if (!entries.some((entry) => /^test.*\.py$/.test(entry.name))) continue;
    // Without __init__.py the folder is no package that discovery could start at from the top.
    const top = entries.some((entry) => entry.name === '__init__.py') ? ['-t', '.'] : [];
    return python('-m', 'unittest', 'discover', '-s', name, ...top);
  }
  return { kind: 'none', reason: 'pytest is not configured and there is no tests/test*.py' };
}
