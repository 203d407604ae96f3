import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Door } from './door.ts';

/** How each package manager installs bubblewrap; the first that is here is used. */
const MANAGERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'apt-get': [['apt-get', 'update'], ['apt-get', 'install', '-y', 'bubblewrap']],
  dnf: [['dnf', 'install', '-y', 'bubblewrap']],
  pacman: [['pacman', '-S', '--noconfirm', 'bubblewrap']],
  zypper: [['zypper', '--non-interactive', 'install', 'bubblewrap']],
  apk: [['apk', 'add', 'bubblewrap']],
};

/** Installs bubblewrap where it may: as root at once, with sudo only after a person said so. */
export async function fixSandbox(door: Door): Promise<boolean> {
  if (process.platform !== 'linux' || isInPath('bwrap', door)) return false;
  const manager = Object.keys(MANAGERS).find((name) => isInPath(name, door));
  const commands = manager === undefined ? [] : (MANAGERS[manager] ?? []);
  if (commands.length === 0) {
    door.stderr.write('bubblewrap is missing, and no package manager that toka knows is here: install it by hand\n');
    return false;
  }
  const isRoot = process.getuid?.() === 0;
  const lines = commands.map((command) => [...(isRoot ? [] : ['sudo']), ...command]);
  if (!isRoot && !(await mayUseSudo(lines, door))) return false;
  const { execa } = await import('execa');
  for (const [program = '', ...args] of lines) {
    door.stderr.write(`$ ${program} ${args.join(' ')}\n`);
    const { exitCode } = await execa(program, args, { reject: false, stdin: 'inherit', stdout: process.stderr, stderr: 'inherit' });
    if (exitCode !== 0) {
      door.stderr.write(`that ended with exit code ${String(exitCode)}; bubblewrap was not installed\n`);
      return false;
    }
  }
  return true;
}

async function mayUseSudo(lines: readonly (readonly string[])[], door: Door): Promise<boolean> {
  const commands = lines.map((line) => line.join(' ')).join(' && ');
  if (!door.isAttended) {
    door.stderr.write(`bubblewrap is missing; install it with: ${commands}\n`);
    return false;
  }
  const { confirm } = await import('./prompts.ts');
  return confirm(`bubblewrap is missing. Run ${commands}?`);
}

function isInPath(program: string, { env }: Door): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}
