import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../fixtures.ts';

// Where the machine allows no mount in a namespace, the test is reported as skipped.
const possible = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.runIf(possible)('on a full disk, or read-only media, nothing is lost, and nothing half done stays', { timeout: 120_000 }, () => {
  const shell = 'mount -t tmpfs -o size=16m none "$1" && exec "$2" "$3" "$1" "$4"';
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', makeFolder(), process.execPath, join(import.meta.dirname, 'full-disk.ts'), makeFolder()], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    'copying to a full disk': ['STORAGE_UNAVAILABLE', 0],
    'backing up to a full disk': ['STORAGE_UNAVAILABLE', ['ballast', 'present', 'target']],
    'restoring to a full disk': ['TOKA_FS_FAILED', 400, true, []],
    'compacting on a full disk': ['STORAGE_UNAVAILABLE', true],
    'once there is room': ['done', 'done', 6000, 6000],
    'looking at read-only media': [true, 'done'],
    'writing to read-only media': ['STORAGE_UNAVAILABLE', 'TOKA_FS_FAILED', 'TOKA_FS_FAILED'],
  });
});
