import { firstOf } from '../folder.ts';
import type { Project } from '../project.ts';
import type { Action, PlannedStep, StepName } from '../step.ts';

/** Targets that are clearly one of the steps; `check` is GNU's name for the tests. No other target is ever made. */
const TARGETS: Readonly<Record<Exclude<StepName, 'install'>, readonly string[]>> = {
  lint: ['lint'],
  types: ['types', 'typecheck', 'type-check'],
  test: ['test', 'tests', 'check'],
  build: ['build'],
};

export const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

/** The targets of a Makefile that are steps; it is read, never evaluated. */
export async function planMake({ folder }: Project): Promise<PlannedStep[]> {
  const name = await firstOf(folder, MAKEFILES);
  const text = name === undefined ? undefined : await folder.read(name);
  if (text === undefined) return [];
  const targets = targetsOf(text);
  return (['lint', 'types', 'test', 'build'] as const).map((step) => {
    const target = TARGETS[step].find((each) => targets.has(each));
    const action: Action =
      target === undefined
        ? { kind: 'none', reason: `no target is called ${TARGETS[step].join(' or ')}` }
        : { kind: 'process', argv: ['make', '--no-print-directory', target], env: { CI: 'true', NO_COLOR: '1' } };
    return { ecosystem: 'make', folder: folder.path, step, action };
  });
}

/** The plain targets of explicit rules. */
function targetsOf(makefile: string): Set<string> {
  const targets = new Set<string>();
  const lines = makefile.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/);
  for (const line of lines) {
    const [, names, rest = ''] = /^([^\t#=:$][^#=:]*?)\s*::?(?![:=])(.*)$/.exec(line) ?? [];
    // A variable of a target (`lint: FLAGS = -x`) is no rule.
    if (/^\s*(?:(?:export|override|private)\s+)*[\w.-]+\s*(?:[+?!]|::?:?)?=/.test(rest)) continue;
    for (const target of names?.trim().split(/\s+/) ?? []) if (/^[\w./-]+$/.test(target) && !target.startsWith('.')) targets.add(target);
  }
  return targets;
}
