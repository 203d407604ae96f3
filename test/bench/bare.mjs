import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { bwrapArguments, FD, findBwrap, groupFile, passwdFile } from '../../dist/sandbox/bwrap.js';
import { layOut } from '../../dist/sandbox/mounts.js';
import { nameless } from '../../dist/sandbox/scratch.js';
import { seccompFilter } from '../../dist/sandbox/seccomp.js';

const filter = seccompFilter(process.arch, { countableMemory: true });

/**
 * Starts bwrap with the mounts, filter and command of a plan, and nothing else: no limits, no control group, no supervisor. What is
 * measured starts and ends as for a run: from the call until the streams are closed.
 *
 * @returns milliseconds
 */
export async function bareLaunch(plan) {
  const started = performance.now();
  const args = bwrapArguments(plan, layOut(plan));
  const contents = [
    [FD.seccomp, filter],
    [FD.passwd, passwdFile(process.getuid(), process.getgid())],
    [FD.group, groupFile(process.getgid())],
    [FD.args, args.map((argument) => `${argument}\0`).join('')],
  ];
  const files = contents.map(([fd, content]) => [fd, nameless(content)]);
  // One that is left out would shift those after it.
  const stdio = Array.from({ length: FD.group + 1 }, (_, fd) => (fd === 1 || fd === 2 || fd === FD.status ? 'pipe' : 'ignore'));
  for (const [fd, file] of files) stdio[fd] = file;
  const child = spawn(findBwrap(plan), ['--args', String(FD.args), '--', ...plan.argv], { cwd: '/', env: {}, stdio });
  for (const [, file] of files) closeSync(file);
  for (const fd of [1, 2, FD.status]) child.stdio[fd].resume();
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the bare sandbox ended with ${code}`);
  return performance.now() - started;
}
