import type { Folder } from '../folder.ts';
import type { Project } from '../project.ts';
import type { Action, PlannedStep, StepName } from '../step.ts';

const ENVIRONMENT = { GOFLAGS: '-mod=readonly', GOPROXY: 'off', GOTOOLCHAIN: 'local' };

/** The built-in commands of go, offline, go.mod and go.sum unchanged. In a workspace (go.work) each module is checked by itself. */
export async function planGo({ folder }: Project): Promise<PlannedStep[]> {
  const manifest = await folder.read('go.mod');
  if (manifest === undefined) return [];
  const vendored = await folder.has('vendor/modules.txt');
  const env = vendored ? { ...ENVIRONMENT, GOFLAGS: '-mod=vendor' } : ENVIRONMENT;
  const go = (...args: string[]): Action => ({ kind: 'process', argv: ['go', ...args], env });
  const none = (reason: string): Action => ({ kind: 'none', reason });
  const plan = (step: StepName, action: Action): PlannedStep => ({ ecosystem: 'go', folder: folder.path, step, action });
  const requires = /^\s*require\b/m.test(manifest);
  return [
    plan('install', vendored ? none('dependencies are vendored') : requires ? go('mod', 'verify') : none('go.mod requires no modules')),
    plan('lint', go('vet', './...')),
    plan('types', none('go vet and go build check the types')),
    plan('test', go('test', './...')),
    plan('build', go('build', '-o', '/dev/null', './...')),
  ];
}

/** The modules that a go.work uses. */
export async function goMembers(folder: Folder): Promise<(path: string) => boolean> {
  const text = (await folder.read('go.work')) ?? '';
  const used = [...text.matchAll(/^\s*(?:use\s+)?\(?\s*(\.\.?\/[^\s()]*|\.)\s*\)?\s*(?:\/\/.*)?$/gm)].map(([, path = '']) =>
    path.replace(/^\.\//, '').replace(/\/$/, ''),
  );
  return (path) => used.includes(path);
}
