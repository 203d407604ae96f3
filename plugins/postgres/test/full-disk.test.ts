import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programs } from './support/cluster.ts';

/** Runs a script in a mount namespace of its own with a file system of 100 MiB as its temporary folder; `$2` is the real one. */
function onSmallDisk(script: string, folder: string): { status: number | null; stdout: string; stderr: string } {
  const shell = 'mount -t tmpfs -o size=100m,mode=1777 none "$1" && TMPDIR="$1" exec "$3" "$4" "$2"';
  return spawnSync('unshare', ['-m', 'sh', '-c', shell, 'sh', folder, tmpdir(), process.execPath, script], { encoding: 'utf8' });
}

// Only root can mount and be another user for PostgreSQL; elsewhere the test is reported as skipped.
const possible = programs !== undefined && process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.runIf(possible)('a full disk, and a server that is read-only, give coded errors, lose nothing, and the storage goes on by itself', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'toka-pg-full-'));
  try {
    const { stdout, stderr } = onSmallDisk(join(import.meta.dirname, 'support/full-disk.ts'), folder);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      'appending to a full disk': 'STORAGE_UNAVAILABLE',
      'appending again': 'STORAGE_UNAVAILABLE',
      'acknowledged some': true,
      'nothing lost': true,
      'goes on by itself': true,
      'writing to a server that is read-only': 'STORAGE_UNAVAILABLE',
      'reading from it': true,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
