// Checks that the changesets are valid, and that there is one for what has changed since the last release.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const run = (program, args, stderr) => execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', stderr] });

run('changeset', ['status', '--since', lastRelease()], 'inherit');

/** The tag of the last release; before the first one, where the history begins. */
function lastRelease() {
  try {
    return run('git', ['describe', '--tags', '--abbrev=0', '--match', 'toka@*'], 'ignore').trim();
  } catch {
    return run('git', ['rev-list', '--max-parents=0', 'HEAD'], 'inherit').trim().split('\n')[0];
  }
}
