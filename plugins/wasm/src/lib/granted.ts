import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What every sandbox shows of a machine, or has of its own. */
const SYSTEM = ['/bin', '/dev', '/etc', '/gnu', '/lib', '/lib32', '/lib64', '/libx32', '/nix', '/proc', '/sbin', '/sys', '/usr'];

/**
 * The folders that the run was granted, its scratch folder and its working folder, each under the name that it has outside: all that is mounted
 * but the system's own. Of a file, its folder, which holds nothing else.
 */
export function grantedFolders(): Record<string, string> {
  const mounted = mountPoints().filter((path) => path !== process.execPath && !SYSTEM.some((folder) => path === folder || path.startsWith(`${folder}/`)));
  const folders = [...mounted.map(folderOf), ...(process.env['TOKA_ARTIFACTS'] === undefined ? [] : [process.env['TOKA_ARTIFACTS']])];
  return { ...Object.fromEntries(folders.map((folder) => [folder, folder])), '.': process.cwd() };
}

/** proc(5): the fifth word of each line, with what would break the line as octal numbers. The root of a sandbox is its own. */
function mountPoints(): string[] {
  // Without mounts (macOS) there is no list of what was granted; what was not is closed.
  if (process.platform !== 'linux') return ['/'];
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [, , , root = '', path = ''] = line.split(' ');
    return path === '/' && root !== '/' ? [] : [path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))];
  });
}

function folderOf(path: string): string {
  return statSync(path).isDirectory() ? path : dirname(path);
}
