// What the three processes share.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** How a call of toka ended: `ok`, or the code of its error. */
export function toka(project, words, env = {}) {
  const { stdout } = spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/run.js'), ...words, '--json'], { cwd: project, env: { ...process.env, ...env }, encoding: 'utf8' });
  return JSON.parse(stdout).error?.code ?? 'ok';
}

export function read(project, file, ...flags) {
  return toka(project, ['run', 'file-reader', file, ...flags]);
}

/** Starts the next process with a token of its own; the last line that it prints is its answer. */
export function start(script, project, token) {
  const env = { ...process.env, TOKA_TOKEN_FILE: join(project, token) };
  // Biscuit, which one of them uses by itself, is a WebAssembly module.
  const options = ['--disable-warning=ExperimentalWarning'];
  return execFileSync(process.execPath, [...options, join(import.meta.dirname, script)], { cwd: project, env, encoding: 'utf8' }).trim().split('\n').at(-1);
}
