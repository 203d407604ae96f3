import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from './fixtures.ts';

/** Runs a script in a mount namespace of its own with a file system of 3 MiB on `$1`. */
function onSmallDisk(script: string, folder: string): { status: number | null; stdout: string; stderr: string } {
  const shell = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" "$1"';
  return spawnSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', folder, process.execPath, script], { encoding: 'utf8' });
}

// Where the machine allows no mount in a namespace, the test is reported as skipped.
const possible = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.runIf(possible)(
  'a full or read-only disk gives coded errors, loses nothing, and the journal goes on by itself',
  { timeout: 60_000 },
  () => {
    const { stdout, stderr } = onSmallDisk(join(import.meta.dirname, 'full-disk.ts'), makeFolder());
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      'making it on a full disk': 'TOKA_STATE_UNAVAILABLE',
      'left behind': [],
      'appending to a full disk': 'TOKA_STATE_UNAVAILABLE',
      'appending again': 'TOKA_STATE_UNAVAILABLE',
      'acknowledged some': true,
      'nothing lost': true,
      'writing to read-only media': 'TOKA_STATE_UNAVAILABLE',
      'reading from read-only media': true,
    });
  },
);
