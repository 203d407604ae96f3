import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

interface Family {
  readonly variable: string;
  readonly file: string;
}

/** Version managers that keep `versions/NAME` and write the chosen one into files: where their choice is looked up. */
const FAMILY: Readonly<Record<string, Family>> = {
  '.pyenv': { variable: 'PYENV_VERSION', file: '.python-version' },
  '.rbenv': { variable: 'RBENV_VERSION', file: '.ruby-version' },
  '.nodenv': { variable: 'NODENV_VERSION', file: '.node-version' },
};

/** Managers that tell which program a shim of theirs stands for. */
const TELLERS: readonly { readonly pattern: RegExp; readonly command: (root: string, name: string) => string[] }[] = [
  { pattern: /^(.*\/\.volta)\/bin$/, command: (root, name) => [join(root, 'bin', 'volta'), 'which', name] },
  { pattern: /^(.*\/\.cargo)\/bin$/, command: (root, name) => [join(root, 'bin', 'rustup'), 'which', name] },
  { pattern: /^(.*\/\.asdf)\/shims$/, command: (_root, name) => ['asdf', 'which', name] },
  { pattern: /^(.*\/mise)\/shims$/, command: (_root, name) => ['mise', 'which', name] },
];

const ANSWER_WITHIN_MS = 5000;

/**
 * The program behind a version manager's shim: a shim reads files that no sandbox shows, and costs up to 85 ms.
 *
 * @param shim path that was found in PATH
 * @returns the path itself if it is no shim; undefined if the manager leaves the choice to the rest of PATH
 */
export function behindShim(shim: string, env: Environment, cwd: string): string | undefined {
  const folder = dirname(shim);
  const name = basename(shim);
  if (basename(folder) === 'shims') {
    const root = dirname(folder);
    const family = FAMILY[basename(root)] ?? byContent(shim);
    if (family) return inFamily(root, name, family, env, cwd);
  }
  for (const { pattern, command } of TELLERS) {
    const root = pattern.exec(folder)?.[1];
    if (root !== undefined) return ask(command(root, name), env, cwd) ?? shim;
  }
  return shim;
}

/** A manager may live in any folder (PYENV_ROOT); its shims name it. */
function byContent(shim: string): Family | undefined {
  const manager = /libexec\/(pyenv|rbenv|nodenv)"/.exec(read(shim).slice(0, 2000))?.[1];
  return manager === undefined ? undefined : FAMILY[`.${manager}`];
}

function inFamily(root: string, name: string, { variable, file }: Family, env: Environment, cwd: string): string | undefined {
  const chosen = env[variable] || nearest(file, cwd) || read(join(root, 'version'));
  for (const version of chosen.split(/[:\s]+/).filter(Boolean)) {
    if (version === 'system') return undefined;
    const program = join(root, 'versions', version, 'bin', name);
    if (existsSync(program)) return program;
  }
  return undefined;
}

function nearest(file: string, folder: string): string {
  const found = read(join(folder, file));
  return found || dirname(folder) === folder ? found : nearest(file, dirname(folder));
}

function ask([program, ...args]: string[], env: Environment, cwd: string): string | undefined {
  const options = { cwd, env, encoding: 'utf8', timeout: ANSWER_WITHIN_MS, stdio: ['ignore', 'pipe', 'ignore'] } as const;
  const { status, stdout } = spawnSync(program!, args, { ...options, stdio: [...options.stdio] });
  const answer = status === 0 ? stdout.trim() : '';
  return answer.startsWith('/') ? answer : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
