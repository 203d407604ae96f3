import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LAUNCHER, type Place, place } from './support/cli.ts';

let here: Place;
let cache: string;

beforeEach(() => {
  here = place({ 'note.txt': 'kept\n' });
  cache = join(here.base, 'cache');
});
afterEach(() => here[Symbol.dispose]());

/** Carries out `toka run`; tells how many functions of a file of the bundle V8 had to compile for that. */
function compiledFor(name: string, words: readonly string[], said: unknown): number {
  const log = join(here.base, 'v8.log');
  const v8 = ['--log-function-events', `--logfile=${log}`, '--no-logfile-per-isolate'];
  const script = `XDG_CACHE_HOME='${cache}' exec "$0" "$@"`;
  const { stdout } = here.spawn('sh', ['-c', script, process.execPath, ...v8, LAUNCHER, 'run', ...words]);
  expect(stdout).toEqual(said);
  const lines = readFileSync(log, 'utf8').split('\n');
  rmSync(log);
  const id = lines.find((line) => line.startsWith('script-details,') && line.includes(`/late/${name}.cjs`))?.split(',')[1];
  return lines.filter((line) => line.startsWith(`function,interpreter,${id},`)).length;
}

function compiledToRead(...flags: readonly string[]): number {
  return compiledFor('run', ['file-reader', 'note.txt', ...flags], flags.length === 0 ? 'kept\n' : expect.stringContaining('kept'));
}

function kept(name: string): string {
  const folder = join(cache, 'toka/compile');
  const file = readdirSync(folder).find((each) => each.startsWith(`${name}-`));
  return join(folder, file ?? 'missing');
}

test('a command that was carried out before compiles almost nothing', () => {
  const first = compiledToRead();
  // The first one has built the index, what comes after has used it.
  compiledToRead();
  expect(compiledToRead()).toBeLessThan(first / 20);
});

test('what another use of it calls is learnt as well', () => {
  compiledToRead();
  compiledToRead();
  const first = compiledToRead('--json');
  expect(compiledToRead('--json')).toBeLessThan(first / 2);
});

test('what a sandbox that is laid out ahead calls is learnt as well', () => {
  here.write({
    'manifests/hello.sh': 'echo hello\n',
    'manifests/hello.yaml': `apiVersion: toka/v1
metadata: { name: hello, version: 1.0.0, category: test, description: Says hello, author: test, tags: [] }
spec:
  executable: { type: shell, path: hello.sh, interpreter: sh, workingDirectory: caller }
  capabilities: { required: ['proc:exec:sh'] }
  effect: none
`,
  });
  const run = (): number => compiledFor('sandboxed', ['--allow', 'proc:exec:sh', 'hello'], 'hello\n');
  // The second one finds no sandbox laid out, and says how the third one lays it out.
  const [first, , third, fourth] = [run(), run(), run(), run()];
  expect(third).toBeGreaterThan(first / 20);
  expect(fourth).toBeLessThan(third / 2);
});

test('damaged compiled code is not run, and made anew', () => {
  const first = compiledToRead();
  const file = kept('run');
  const bytes = readFileSync(file);
  for (const at of [100, bytes.length >> 2, bytes.length - 2]) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    writeFileSync(file, damaged);
    expect(compiledToRead()).toBeGreaterThan(first / 4);
  }
  writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
  expect(compiledToRead()).toBeGreaterThan(first / 4);
  expect(compiledToRead()).toBeLessThan(first / 20);
});

describe('an installation of one file', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'toka-code-')));
    mkdirSync(join(folder, 'late'));
    copyFileSync(join(import.meta.dirname, '../dist/launch.cjs'), join(folder, 'launch.cjs'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function start(body: string): { readonly stdout: string; readonly stderr: string } {
    const file = join(folder, 'late/cli.cjs');
    writeFileSync(file, `exports.main = async () => { ${body}; process.exitCode = 0; return true; };`);
    utimesSync(file, 1, 1);
    const { stdout, stderr } = here.spawn(process.execPath, [join(folder, 'launch.cjs'), 'anything']);
    return { stdout, stderr };
  }

  test('that was replaced is not run as it was before', () => {
    const said = ['first', 'first', 'other'].map((text) => start(`console.log('${text}')`).stdout);
    expect(said).toEqual(['first\n', 'first\n', 'other\n']);
  });

  test('may import what it likes, and nothing is said of that', () => {
    expect(start("console.log((await import('node:path')).sep)")).toEqual({ stdout: '/\n', stderr: '' });
  });
});

test('compiled code can be written and read by its user alone', () => {
  compiledToRead();
  expect(statSync(kept('run')).mode & 0o777).toBe(0o600);
  expect(statSync(join(cache, 'toka/compile')).mode & 0o777).toBe(0o700);
});

test('compiled code holds nothing of what it was run with', () => {
  compiledToRead();
  const words = readFileSync(kept('run'), 'latin1');
  here.planted.demandAbsent({ words });
  expect(words).not.toContain('note.txt');
});
