import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What several commands of the suite find out anew in an empty cache, done once: what the sandbox can do here, the compiled code. */
const COMMANDS = ['tools list', 'tools show file-reader', 'runs list', '--help', 'run file-reader toka.yaml', 'run file-reader toka.yaml --json', 'sandbox run -- true'];

/** Fills the cache that each file of tests begins with. */
export default function prepare(): () => void {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-prepared-')));
  const cache = join(base, 'cache');
  const project = join(base, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'toka.yaml'), 'apiVersion: toka/v1\n');
  const env = { PATH: process.env['PATH'] ?? '', HOME: base, XDG_CACHE_HOME: cache };
  for (const words of COMMANDS) spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/run.js'), ...words.split(' ')], { cwd: project, env });
  process.env['TOKA_TEST_CACHE'] = join(cache, 'toka');
  return () => rmSync(base, { recursive: true, force: true });
}
