import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { TokaError } from '../../../errors.ts';

/** Lets a person write in the editor of their own; gives back what stands in the file afterwards. */
export async function editOutside(text: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const editor = [env['VISUAL'], env['EDITOR']].find((each) => (each ?? '') !== '') ?? 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'toka-edit-'));
  const file = join(folder, 'prompt.md');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // The variable may hold words beside the program, which the shell splits as it does for git.
    await execa('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env });
    return readFileSync(file, 'utf8').replace(/\n$/, '');
  } catch (cause) {
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `the editor ${editor} failed`, { cause, hint: 'set EDITOR to one that is installed' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files of a folder that git knows or would know; undefined where it is in no repository. */
export async function filesByGit(folder: string): Promise<string[] | undefined> {
  const { stdout, failed } = await execa('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: folder, reject: false, stdin: 'ignore', maxBuffer: 64 * 1024 * 1024 });
  return failed ? undefined : stdout.split('\0').filter((path) => path !== '');
}
