import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Workspace } from '../../workspace.ts';
import { TokaError } from '../../errors.ts';
import { holdFileLock } from '../../journal/file-lock.ts';
import { makeFolder } from '../../make-folder.ts';
import { forgetOtherAnswers } from '../../registry/plugins/hook-answer.ts';
import { type InstalledPlugin, readInstalled, recordFolder, storeFolder, writeInstalled } from '../../registry/plugins/record.ts';

/** The plugins of a user while they are being changed: nobody else changes them meanwhile. */
export interface Store {
  installed(): readonly InstalledPlugin[];
  /** An empty folder that is gone in the end, whatever happens. */
  temporary(): string;
  /** Puts a folder that was made ready, or a linked one, in the place of what was there: in one step. */
  put(plugin: InstalledPlugin): void;
  /** A name for the folder of a plugin that no other has. */
  place(name: string, version: string): string;
  remove(name: string): void;
}

/**
 * Changes the plugins of a user. The record alone says what is installed, and it is replaced in one step: a process that ends in the middle
 * leaves the old state, and folders that nobody names, which the next change removes.
 */
export async function withStore<T>({ folders: { data } }: Pick<Workspace, 'folders'>, work: (store: Store) => Promise<T>): Promise<T> {
  const staging = join(data, 'staging');
  try {
    for (const folder of [recordFolder(data), storeFolder(data), staging]) makeFolder(folder, 0o700);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot make the folders of plugins in ${data}`, { cause, hint: 'check the permissions, or set XDG_DATA_HOME to another folder' });
  }
  const release = holdFileLock(join(recordFolder(data), 'lock.db'));
  try {
    sweep(data);
    return await work(openStore(data, staging));
  } finally {
    sweep(data);
    release();
  }
}

function openStore(data: string, staging: string): Store {
  const installed = (): readonly InstalledPlugin[] => readInstalled(data);
  const without = (name: string): InstalledPlugin[] => installed().filter((plugin) => plugin.name !== name);
  return {
    installed,
    temporary: () => mkdtempSync(join(staging, 'new-')),
    place: (name, version) => join(storeFolder(data), `${name.replaceAll('/', '+')}@${version}-${Date.now().toString(36)}`),
    put: (plugin) => writeInstalled(data, [...without(plugin.name), plugin]),
    remove: (name) => writeInstalled(data, without(name)),
  };
}

/** Does something with an empty folder that is gone in the end, and changes nothing else. */
export async function inTemporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-plugin-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Ends the process as the signal would have done without this.
  const interrupted = (signal: NodeJS.Signals): void => {
    remove();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    return await work(folder);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    remove();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Removes every folder that the record does not name, and that no run has in its sandbox: what began with an old version ends with it. */
function sweep(data: string): void {
  const kept = new Set(readInstalled(data).map(({ root }) => root));
  const strays = readdirSync(storeFolder(data)).map((name) => join(storeFolder(data), name)).filter((path) => !kept.has(path) && !isInUse(path));
  const unfinished = readdirSync(join(data, 'staging')).map((name) => join(data, 'staging', name));
  forgetOtherAnswers(data, [...kept]);
  for (const path of [...strays, ...unfinished]) rmSync(path, { recursive: true, force: true });
}

/** Whether a sandbox shows that folder. Its name is like no other's; the path before it is that of the file system it stands on. */
function isInUse(folder: string): boolean {
  return mountTables().some((table) => table.includes(`/${basename(folder)} `));
}

/** What each process sees, where the system tells; of processes of others, and of those that have just ended, nothing. */
function mountTables(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/mountinfo`, 'utf8')];
    } catch {
      return [];
    }
  });
}

/** Moves a folder that is ready into its place. */
export function moveInto(folder: string, place: string): void {
  makeFolder(dirname(place));
  renameSync(folder, place);
}

/** The folder in which npm puts a plugin together: its own SDK is toka's, and no script of a package runs. */
export function prepareFolder(folder: string, sdk: string): void {
  makeFolder(folder);
  writeFileSync(join(folder, '.npmrc'), 'ignore-scripts=true\n');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: basename(folder).toLowerCase(), private: true, oclif: { schema: 1, plugins: [] }, dependencies: { '@toka/sdk': `file:${sdk}` } }));
}
