// Runs every check of the repository, as many at once as there are cores. Each prints one line, and what it found if it failed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const node = process.execPath;

/** Name → command; programs stand in node_modules/.bin. Those that take longest come first. */
const CHECKS = {
  types: ['tsc', '-b', 'test'],
  packages: [node, 'scripts/check/packages.mjs'],
  lint: ['oxlint'],
  unused: ['knip', '--no-config-hints'],
  floors: [node, 'scripts/check/floors.mjs'],
  schemas: [node, 'scripts/schemas.mjs', '--check'],
  contributions: [node, 'scripts/contributions.mjs', '--check'],
  docs: [node, 'scripts/docs.mjs', '--check'],
  changesets: [node, 'scripts/check/changesets.mjs'],
  dependencies: [node, 'scripts/check/dependencies.mjs'],
  lockfile: [node, 'scripts/check/lockfile.mjs'],
  paths: [node, 'scripts/check/paths.mjs'],
};

const waiting = Object.entries(CHECKS);
const failed = [];
await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(failed.length === 0 ? `all ${Object.keys(CHECKS).length} checks passed` : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, command] = next;
    const { ok, output, seconds } = await run(command);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (ok) continue;
    failed.push(name);
    console.log(output.trimEnd());
  }
}

function run([program, ...args]) {
  const start = performance.now();
  const env = { ...process.env, PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH };
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    const end = (ok) => resolve({ ok, output, seconds: ((performance.now() - start) / 1000).toFixed(1) });
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}
