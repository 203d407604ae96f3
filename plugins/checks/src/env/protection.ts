import { basename } from 'node:path';
import type { ToolFs } from '@toka/sdk';
import { isIgnored } from './ignored.ts';
import type { Note } from './finding.ts';

const OTHERS = 0o007;
const GROUP_WRITE = 0o020;

/**
 * Whether an env file is kept from others: from the commit, and from other accounts of the machine.
 *
 * @param fs The tool's view of files.
 * @param root The project's root, absolute.
 * @param file The env file, absolute.
 * @param secret Whether it holds at least one real-looking secret; then being committed is an error.
 */
export async function checkProtection(fs: ToolFs, root: string, file: string, secret: boolean): Promise<Note[]> {
  const notes: Note[] = [];
  if ((await isIgnored(fs, root, file)) === false) {
    const message = `is not git-ignored: add ${basename(file)} to .gitignore, and if it is tracked already, git rm --cached it`;
    notes.push({ kind: 'not-ignored', severity: secret ? 'error' : 'warning', message });
  }
  const mode = process.platform === 'win32' ? 0 : ((await fs.stat(file))?.mode ?? 0);
  if ((mode & (OTHERS | GROUP_WRITE)) !== 0) {
    const message = `other accounts of this machine may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600`;
    notes.push({ kind: 'permissions', severity: 'warning', message });
  }
  return notes;
}
