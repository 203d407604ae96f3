import { matchesGlob } from 'node:path';
import { readToml, stringList, table } from '../toml.ts';
import type { Folder } from '../folder.ts';
import type { Project } from '../project.ts';
import type { Action, PlannedStep, StepName } from '../step.ts';

const ENVIRONMENT = { CARGO_NET_OFFLINE: 'true', CARGO_TERM_COLOR: 'never' };

/** The built-in commands of cargo, offline; with a lock file they must not change it. */
export async function planCargo({ folder }: Project): Promise<PlannedStep[]> {
  const manifest = await readToml(folder, 'Cargo.toml');
  if (manifest === undefined) return [];
  const locked = (await folder.has('Cargo.lock')) ? ['--locked'] : [];
  const everywhere = 'workspace' in manifest ? ['--workspace'] : [];
  const cargo = (...args: string[]): Action => ({ kind: 'process', argv: ['cargo', ...args], env: ENVIRONMENT });
  const plan = (step: StepName, action: Action, optional = false): PlannedStep => ({
    ecosystem: 'cargo',
    folder: folder.path,
    step,
    action,
    ...(optional ? { optional } : {}),
  });
  const short = '--message-format=short';
  return [
    plan(
      'install',
      locked.length === 0 ? { kind: 'none', reason: 'there is no Cargo.lock' } : cargo('fetch', '--locked', '--offline', '--quiet'),
    ),
    plan('lint', cargo('clippy', ...everywhere, ...locked, '--offline', '--all-targets', short), true),
    plan('types', cargo('check', ...everywhere, ...locked, '--offline', '--all-targets', short)),
    plan('test', cargo('test', ...everywhere, ...locked, '--offline')),
    plan('build', cargo('build', ...everywhere, ...locked, '--offline', short)),
  ];
}

export async function cargoMembers(folder: Folder): Promise<(path: string) => boolean> {
  const workspace = table((await readToml(folder, 'Cargo.toml'))?.['workspace']);
  const [members, excluded] = [stringList(workspace['members']), stringList(workspace['exclude'])];
  return (path) => members.some((glob) => matchesGlob(path, glob)) && !excluded.some((glob) => matchesGlob(path, glob));
}
