import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { coded } from '@toka/sdk';

type Environment = Readonly<Record<string, string | undefined>>;

/** The oldest version that the driver is written for. */
export const OLDEST = '3.9';

export const INSTALL_PYTHON = `install Python ${OLDEST} or later: apt install python3, dnf install python3, pacman -S python, apk add python3 or brew install python3`;

/** A Python of this machine. It is found by looking at files alone: what a project brings along is never started outside of a sandbox. */
export interface Interpreter {
  /** The program itself, behind all links and shims. */
  readonly program: string;
  /** `3.12` */
  readonly version: string;
  /** The folder that it was installed into (`sys.base_prefix`). */
  readonly base: string;
  /** What a sandbox must show for it beside the system's own folders. */
  readonly reads: readonly string[];
}

/** The first `python3` in PATH that is recent enough; undefined where there is none. */
export function findInterpreter(env: Environment, cwd = process.cwd()): Interpreter | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)) {
    const found = isProgram(join(folder, 'python3')) ? behindShim(folder, env, cwd) : undefined;
    const interpreter = found === undefined ? undefined : described(realpathSync(found), env['HOME'] ?? homedir());
    if (interpreter) return interpreter;
  }
  return undefined;
}

/** @throws `PYTHON_NOT_FOUND` */
export function requireInterpreter(env: Environment): Interpreter {
  const interpreter = findInterpreter(env);
  if (interpreter) return interpreter;
  throw coded('PYTHON_NOT_FOUND', `expected a python3 of version ${OLDEST} or later in PATH, found none in ${env['PATH'] ?? ''}`, { hint: INSTALL_PYTHON });
}

/** What pyenv's shims stand for; its script would take longer to say so than Python takes to start. */
function behindShim(folder: string, env: Environment, cwd: string): string | undefined {
  const shim = join(folder, 'python3');
  if (basename(folder) !== 'shims' || !/libexec\/pyenv"/.test(textOf(shim).slice(0, 2000))) return shim;
  const root = dirname(folder);
  const chosen = env['PYENV_VERSION'] || nearest('.python-version', cwd) || textOf(join(root, 'version'));
  for (const version of chosen.split(/[:\s]+/).filter(Boolean)) {
    if (version === 'system') return undefined;
    const program = join(root, 'versions', version, 'bin', 'python3');
    if (isProgram(program)) return program;
  }
  return undefined;
}

function described(program: string, home: string): Interpreter | undefined {
  const minor = /^python3\.(\d+)$/.exec(basename(program))?.[1];
  if (minor === undefined || Number(minor) < Number(OLDEST.slice(2))) return undefined;
  const version = `3.${minor}`;
  const base = dirname(dirname(program));
  if (base === '/' || base === home || !existsSync(join(base, 'lib', `python${version}`))) return undefined;
  const isOfTheSystem = base === '/usr' || base.startsWith('/usr/');
  return { program, version, base, reads: isOfTheSystem ? [] : [base] };
}

function nearest(file: string, folder: string): string {
  const found = textOf(join(folder, file));
  return found || dirname(folder) === folder ? found : nearest(file, dirname(folder));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
