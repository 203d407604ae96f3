import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beginCache } from '../support/cache.ts';
import { plant } from '../support/planted.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** The text of a file of the repository. */
export function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** All files that a clone would have, and those about to be added. */
export function files(...folders: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate', '--', ...folders], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\n').filter((name) => name !== '');
}

export interface Fenced {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, in their order. */
export function blocks(page: string): Fenced[] {
  return [...text(page).matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', body = '']) => ({ language, text: body }));
}

/** A copy of the repository's documents and examples that looks like a clone, with a home of its own; removed with the value. A planted secret that leaks fails the test. */
export interface Copy extends Disposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  spawn(program: string, args: readonly string[], options: SpawnOptions): SpawnSyncReturns<string>;
}

export interface SpawnOptions {
  readonly cwd: string;
  /** Default: that of the copy. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function copy(): Copy {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-docs-')));
  const folder = join(base, 'clone');
  for (const made of [join(folder, '.git'), join(base, 'home')]) mkdirSync(made, { recursive: true });
  for (const name of files()) {
    // Its tools would stand beside those of the toka that is tested here, which in a real clone are the same.
    if (/^manifests\/(?!schema\/)/.test(name)) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(ROOT, name), join(folder, name));
  }
  const home = join(base, 'home');
  beginCache(join(home, 'cache'));
  const planted = plant(home, [home, join(folder, '.toka'), join(folder, 'examples/project/.toka')]);
  const env = {
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    LANG: 'C.UTF-8',
    CI: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
    ...planted.env,
  };
  return {
    folder,
    env,
    spawn: (program, args, options) => planted.searched(spawnSync(program, args, { env, ...options, encoding: 'utf8' })),
    [Symbol.dispose]: () => {
      try {
        planted.demandUnwritten();
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    },
  };
}

/** Whether toka can sandbox processes on this machine. */
export function canSandbox({ folder, spawn }: Copy): boolean {
  return spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'doctor', '--json'], { cwd: folder }).status === 0;
}
