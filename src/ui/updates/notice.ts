import { join } from 'node:path';
import { isatty } from 'node:tty';
import { execa } from 'execa';
import { gt } from 'semver';
import { ownPackage, packageRoot } from '../../config/package-root.ts';
import { userFolders } from '../../config/paths.ts';
import { readInstalled } from '../../registry/plugins/record.ts';
import type { Door } from '../door.ts';
import { readNote, type Update, writeNote } from './note.ts';
import { commandFor } from './outdated.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What tells programs of Node.js not to look for newer versions of themselves (npm's update-notifier knows it first). */
const OFF = 'NO_UPDATE_NOTIFIER';

/**
 * Tells a person at a terminal, once, what is newer than what is here; and once a day has the registry asked by a process that nobody waits for.
 * That nobody can be told is no failure of the command that was asked for.
 */
export function mentionUpdates(door: Door): void {
  // `$(toka …)` and `eval "$(toka completion bash)"` have a terminal at their other ends.
  if ((door.env[OFF] ?? '') !== '' || !isatty(1)) return;
  try {
    const { cache, data } = userFolders(door.env);
    const note = readNote(cache);
    const now = Date.now();
    if (note && !note.told) {
      const updates = note.updates.filter((update) => isStillNewer(update, data));
      writeNote(cache, { ...note, told: true });
      if (updates.length > 0) door.stderr.write(`${updates.map(lineOf).join('\n')}\n(looked up once a day; ${OFF}=1 turns it off)\n`);
    }
    if (note && note.asked <= now && now - note.asked < DAY_MS) return;
    // Noted first: whoever ends a command meanwhile does not ask as well.
    writeNote(cache, { v: 1, asked: now, updates: [], told: true });
    askBehind(door);
  } catch {
    // The folder for what can be made again cannot be written, for instance.
  }
}

function lineOf(update: Update): string {
  return `${update.name} ${update.newest} is out, here is ${update.version}: ${commandFor(update)}`;
}

function isStillNewer({ name, newest }: Update, data: string): boolean {
  const version = name === ownPackage().name ? ownPackage().version : readInstalled(data).find((plugin) => plugin.name === name)?.version;
  return version !== undefined && gt(newest, version);
}

function askBehind({ env }: Door): void {
  const options = { cleanup: false, detached: true, env: { ...env, [OFF]: '1' }, extendEnv: false, reject: false, stdio: 'ignore' } as const;
  execa(process.execPath, [join(packageRoot(), 'bin/run.js'), 'plugins', 'outdated', '--quiet'], options).nodeChildProcess.unref();
}
