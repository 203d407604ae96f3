import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKA = join(ROOT, 'bin', 'run.js');
const HOOK = fileURLToPath(new URL('peak.mjs', import.meta.url));

/** Folders of its own, so that the bench neither sees nor changes anything of the person who starts it. */
export function makeWorld() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toka-bench-')));
  const home = join(folder, 'home');
  const env = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    TMPDIR: folder,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_RUNTIME_DIR: join(home, 'run'),
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  return { folder, env, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A project with so many tools, each a shell script with parameters. */
export function makeProject(world, name, tools) {
  const folder = join(world.folder, name);
  mkdirSync(join(folder, 'manifests'), { recursive: true });
  execFileSync('git', ['init', '-q', folder], { env: world.env });
  writeFileSync(join(folder, 'note.txt'), 'one line\n');
  writeFileSync(join(folder, 'manifests', 'tool.sh'), ':\n');
  for (let number = 0; number < tools; number++) {
    const tool = `bench-${String(number).padStart(5, '0')}`;
    writeFileSync(join(folder, 'manifests', `${tool}.yaml`), manifest(tool, number));
  }
  return folder;
}

function manifest(tool, number) {
  return `apiVersion: toka/v1
metadata:
  name: ${tool}
  version: 1.${number}.0
  category: group-${number % 20}
  description: |-
    Does nothing, for the ${number}th time
    A tool of the bench with the parameters that tools usually have.
  author: bench
  tags: [bench, tag-${number % 50}]
spec:
  executable: { type: shell, path: tool.sh, interpreter: sh, workingDirectory: caller }
  parameters:
    - { name: path, type: path, description: Where to start, default: ., position: 1, pass: { positional: 1 } }
    - { name: limit, type: integer, description: How many at most, default: 10, minimum: 0, maximum: 1000, pass: { flag: --limit } }
    - { name: format, type: enum, description: How to print, enum: [text, json], default: text, pass: { flag: --format } }
  capabilities:
    required: ['proc:exec:sh']
  effect: read
`;
}

/** Runs the pinned Node to its end and fails if that failed. Output goes through pipes, as it does for the programs that call toka. */
export function node(world, args, { cwd = world.folder, env = world.env } = {}) {
  const { status, stderr, stdout, error } = spawnSync(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${error ?? `${stderr}${stdout}`.slice(0, 2000)}`);
  return String(stdout);
}

export function toka(world, args, options) {
  return node(world, [TOKA, ...args], options);
}

/** Peak memory of a command, MiB: what the process itself says at its end, in a run of its own that is not timed. Absent where no system tells. */
export function peakOf(world, args, { cwd = world.folder } = {}) {
  const file = join(world.folder, 'peak');
  node(world, ['--require', HOOK, ...args], { cwd, env: { ...world.env, TOKA_BENCH_PEAK: file } });
  const kib = readFileSync(file, 'utf8');
  return kib === '' ? undefined : Number(kib) / 1024;
}

export function tokaPeak(world, args, options) {
  return peakOf(world, [TOKA, ...args], options);
}
