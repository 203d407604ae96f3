import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from './fixtures.ts';

/** Runs a script in a mount namespace of its own with a file system of 4 MiB on `$1`. */
function onSmallDisk(script: string, folder: string): { status: number | null; stdout: string; stderr: string } {
  const shell = 'mount -t tmpfs -o size=4m none "$1" && exec "$2" "$3" "$1"';
  return spawnSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', folder, process.execPath, script], { encoding: 'utf8' });
}

// Where the machine allows no mount in a namespace, the test is reported as skipped.
const possible = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.runIf(possible)('a full or read-only disk gives coded errors, loses nothing, and the storage goes on by itself', () => {
  const { stdout, stderr } = onSmallDisk(join(import.meta.dirname, 'full-disk.ts'), makeFolder());
  // LMDB itself says so as well.
  expect(stderr.replaceAll(/Write error: No space left on device position \d+, size \d+|mdb_page_spill (flushing )?error \d+\n/g, '')).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    'making it on a full disk': 'STORAGE_UNAVAILABLE',
    'left behind': [],
    'appending to a full disk': 'STORAGE_UNAVAILABLE',
    'appending again': 'STORAGE_UNAVAILABLE',
    'a large value': 'STORAGE_UNAVAILABLE',
    'acknowledged some': true,
    'nothing lost': true,
    'opened on a full disk': true,
    'goes on by itself': true,
    'backup to a full disk': 'STORAGE_UNAVAILABLE',
    'left behind by the backup': [],
    'writing to read-only media': 'STORAGE_UNAVAILABLE',
    'reading from read-only media': true,
    'writing when it is writable again': true,
  });
});
