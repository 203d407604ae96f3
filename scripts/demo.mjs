// Sets this machine up as far as it may, then runs toka's checks over this repository's own documents and data.
// Ends with 0 if every check that could run has passed: one that this machine cannot sandbox is refused, said so, and not counted.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PATHS = ['README.md', 'docs', 'manifests', 'package.json'];
/** What `toka check` ends with where nothing failed, but something was refused. */
const REFUSED = 69;

const root = join(import.meta.dirname, '..');
const toka = (...args) => {
  console.log(`\n$ toka ${args.join(' ')}`);
  return spawnSync(process.execPath, [join(root, 'bin/run.js'), ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
};

toka('doctor', '--fix');
const status = toka('check', ...PATHS);
if (status === REFUSED) console.log('\nsome checks were refused here: the table says which and why; all others passed');
process.exitCode = status === REFUSED ? 0 : status;
