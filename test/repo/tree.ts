import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Writes files into a new folder; what is not text is written as JSON. */
export function makeTree(files: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(join(tmpdir(), 'toka-repo-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

/** Runs one of scripts/check/ over a tree; each line of its answer is a problem. */
export function runCheck(script: string, root: string): { problems: string[]; status: number | null } {
  const path = join(import.meta.dirname, '../../scripts/check', script);
  const { status, stderr } = spawnSync(process.execPath, [path, '--root', root], { encoding: 'utf8' });
  return { problems: stderr.trim().split('\n').filter(Boolean), status };
}
