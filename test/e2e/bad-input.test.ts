import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { type Json, LAUNCHER, type Place, place, tool } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello', { effect: 'external' }) });
});
afterEach(() => here[Symbol.dispose]());

const greet = ['run', 'greet', '--allow', 'proc:exec'];
const state = (...names: readonly string[]): string => join(here.project, '.toka/state', ...names);
const journal = (): string => state('journal.db');

/** Every error names its code and the next step. */
function refusal(result: Json & { readonly exit: number | null }): unknown {
  expect(result.error?.hint ?? '').not.toBe('');
  return [result.exit, result.error?.code];
}

async function works(): Promise<void> {
  expect((await here.json(greet)).exit).toBe(0);
}

describe('manifests', () => {
  const parameter = (at: number): string => `    - { name: p${at}, type: string, description: d, pass: { flag: --p${at} } }\n`;
  const head = 'apiVersion: toka/v1\nmetadata: { name: bad, version: 1.0.0, category: test, description: d }\n';
  const CASES: Record<string, () => string | Buffer> = {
    'malformed YAML': () => 'apiVersion: toka/v1\n\tmetadata: {\n',
    'no YAML at all': () => Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256)),
    'an empty file': () => '',
    '10,000 parameters': () =>
      `${head}spec:\n  executable: { type: external, path: 'true' }\n  effect: none\n  parameters:\n` +
      Array.from({ length: 10_000 }, (_, at) => parameter(at)).join(''),
    'a cyclic alias': () => `${head}spec: &spec\n  executable: { type: external, path: 'true' }\n  effect: none\n  examples: [*spec]\n`,
    'aliases that multiply': () =>
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at] ?? ''},`.repeat(9)}]`)
        .join('\n')}\n`,
    'a script that is not there': () => `${head}spec: { executable: { type: shell, path: nowhere.sh }, effect: none }\n`,
    'a script outside the project': () => `${head}spec: { executable: { type: shell, path: ../../outside.sh }, effect: none }\n`,
    'an absolute script': () => `${head}spec: { executable: { type: shell, path: /bin/true }, effect: none }\n`,
  };

  test.each(Object.keys(CASES))('%s: 65, with its place; the other tools work', async (what) => {
    writeFileSync(join(here.base, 'outside.sh'), 'echo escaped');
    here.write({ 'manifests/bad.yaml': CASES[what]?.() ?? '' });
    expect(refusal(await here.json(['run', 'bad', '--allow', 'proc:exec']))).toEqual([65, 'TOKA_MANIFEST_INVALID']);
    const checked = await here.json<Json & { manifests: readonly { file: string; error?: { code: string } }[] }>(['tools', 'validate']);
    expect(checked.exit).toBe(65);
    expect(checked.manifests.filter(({ error }) => error).map(({ file }) => file)).toEqual([join(here.project, 'manifests/bad.yaml')]);
    await works();
  });

  test('a script that is a link out of the project', async () => {
    writeFileSync(join(here.base, 'outside.sh'), 'echo escaped');
    here.write(tool('bad', 'true'));
    rmSync(join(here.project, 'manifests/bad.sh'));
    symlinkSync('../../outside.sh', join(here.project, 'manifests/bad.sh'));
    expect(refusal(await here.json(['run', 'bad', '--allow', 'proc:exec']))).toEqual([65, 'TOKA_MANIFEST_INVALID']);
  });

  test('100 MB: refused without being read', async () => {
    here.write({ 'manifests/bad.yaml': 'apiVersion: toka/v1\n' });
    truncateSync(join(here.project, 'manifests/bad.yaml'), 100 * 1024 * 1024);
    expect(refusal(await here.json(['run', 'bad']))).toEqual([65, 'TOKA_MANIFEST_INVALID']);
    await works();
  });

  test('a pipe, a folder and a link to nowhere that are named like manifests', async () => {
    spawnSync('mkfifo', [join(here.project, 'manifests/pipe.yaml')]);
    mkdirSync(join(here.project, 'manifests/folder.yaml'));
    symlinkSync('nowhere', join(here.project, 'manifests/link.yaml'));
    symlinkSync('.', join(here.project, 'manifests/round'));
    await works();
    expect((await here.run(['tools', 'list'])).code).toBe(0);
  });
});

describe('configuration', () => {
  test.each<[string, string]>([
    ['malformed YAML', 'apiVersion: toka/v1\npolicy: [\n'],
    ['another version', 'apiVersion: toka/v9\n'],
    ['a misspelt key', 'apiVersion: toka/v1\npolcy: {}\n'],
    ['no capability', 'apiVersion: toka/v1\npolicy: { deny: [fs:fly] }\n'],
    ['binary', '\u0000\u0001\u0002'],
  ])('%s: 78, with its place', async (_, text) => {
    here.write({ 'toka.yaml': text });
    const result = await here.json<Json & { error: { where?: string } }>(greet);
    expect(refusal(result)).toEqual([78, 'TOKA_CONFIG_INVALID']);
    expect(JSON.stringify(result.error)).toContain('toka.yaml');
  });

  test('two files', async () => {
    here.write({ 'toka.config.json': '{"apiVersion": "toka/v1"}' });
    expect(refusal(await here.json(greet))).toEqual([78, 'TOKA_CONFIG_INVALID']);
  });
});

describe('paths', () => {
  test.each(['../outside.txt', '/etc/passwd', 'link/outside.txt', 'docs/../../outside.txt'])('%s leaves the jail: 77', async (path) => {
    writeFileSync(join(here.base, 'outside.txt'), 'private');
    symlinkSync('..', join(here.project, 'link'));
    const result = await here.json(['run', 'file-reader', path]);
    expect(refusal(result)).toEqual([77, 'TOKA_CAPABILITY_DENIED']);
    expect(JSON.stringify(result)).not.toContain('private');
  });

  test.each<[string, string]>([
    ['nowhere.txt', 'TOKA_FS_NOT_FOUND'],
    ['notes.txt/below', 'TOKA_FS_NOT_FOUND'],
    ['loop', 'TOKA_FS_'],
  ])('%s', async (path, code) => {
    symlinkSync('loop', join(here.project, 'loop'));
    const result = await here.json(['run', 'file-reader', path]);
    expect([result.exit, String(result.error?.data?.['code']).startsWith(code)]).toEqual([1, true]);
  });
});

describe('the state folder', () => {
  test('a file where it should be: 69, and nothing is run', async () => {
    mkdirSync(join(here.project, '.toka'), { recursive: true });
    writeFileSync(state(), '');
    here.write(tool('touch', 'echo x > made.txt', { effect: 'external', capabilities: { required: ['fs:write:**'] } }));
    expect(refusal(await here.json(['run', 'touch', '--allow', 'proc:exec', '--allow', 'fs:write:**']))).toEqual([
      69,
      'TOKA_STATE_UNAVAILABLE',
    ]);
    expect(existsSync(join(here.project, 'made.txt'))).toBe(false);
    expect(refusal(await here.json(['runs', 'list']))).toEqual([69, 'TOKA_STATE_UNAVAILABLE']);
    expect((await here.run(['tools', 'list'])).code).toBe(0);
  });

  test('looking at runs where there are none makes nothing', async () => {
    expect(await here.json(['runs', 'list'])).toMatchObject({ exit: 0, runs: [] });
    expect(existsSync(join(here.project, '.toka'))).toBe(false);
  });

  test('a link that a clone planted: refused, nothing is written through it', async () => {
    mkdirSync(join(here.base, 'elsewhere'));
    mkdirSync(join(here.project, '.toka'), { recursive: true });
    symlinkSync('../../elsewhere', state());
    const result = await here.json(greet);
    expect([result.exit === 0, readdirSync(join(here.base, 'elsewhere'))]).toEqual([false, []]);
    expect(refusal(result)).toEqual([result.exit, result.error?.code]);
  });

  const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
  const own = (script: string, ...words: readonly string[]) =>
    here.spawn('unshare', ['-rm', ...script.split(' '), state(), process.execPath, LAUNCHER, ...words]);

  test.runIf(canMount)('full: 69, and it goes on once there is room (needs mounts in a namespace)', () => {
    mkdirSync(state(), { recursive: true });
    const { status, stdout, stderr } = own(`sh ${join(import.meta.dirname, 'small-disk.sh')}`, 'run', 'file-reader', 'notes.txt', '--json');
    expect({ status, code: (JSON.parse(stdout) as Json).error?.code, stderr: stderr.includes('"succeeded"') }).toEqual({
      status: 69,
      code: 'TOKA_STATE_UNAVAILABLE',
      stderr: true,
    });
  });

  test.runIf(canMount)('nearly full: what code made cannot be kept, and why is told (needs mounts in a namespace)', () => {
    mkdirSync(state(), { recursive: true });
    here.write({ 'keep.js': 'artifact("a", "x".repeat(50_000))' });
    // The journal can still be opened and read.
    const script = 'mount -t tmpfs -o size=512k none "$0" || exit 99; "$@" >&2 || exit 98; rm -r kept; dd if=/dev/zero of="$0/ballast" bs=4k 2>/dev/null; truncate -s -40k "$0/ballast"; exec "$@"';
    const { status, stdout } = here.spawn('unshare', ['-rm', 'sh', '-c', script, state(), process.execPath, LAUNCHER, 'code', 'run', 'keep.js', '--artifacts', 'kept', '--json']);
    expect([status, (JSON.parse(stdout) as Json).error?.code]).toEqual([69, 'TOKA_STATE_UNAVAILABLE']);
  });

  test.runIf(canMount)('a token for which there is no room leaves nothing in the way (needs mounts in a namespace)', () => {
    const folder = join(here.base, 'small');
    mkdirSync(folder);
    const script = 'mount -t tmpfs -o size=4k none "$0" || exit 99; head -c 4096 /dev/zero > "$0/ballast"; "$1" "$2" auth token create --allow fs:read --out "$0/token" --json; ls "$0" >&2';
    const { stdout, stderr } = here.spawn('unshare', ['-rm', 'sh', '-c', script, folder, process.execPath, LAUNCHER]);
    expect([(JSON.parse(stdout) as Json).error?.code, stderr.trim()]).toEqual(['TOKA_FS_FAILED', 'ballast']);
  });

  test.runIf(canMount)('read-only: 69 for what must be recorded; what was recorded can be read (needs mounts in a namespace)', async () => {
    await works();
    writeFileSync(join(here.base, 'ro.sh'), 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99; shift; exec "$@"\n');
    const readOnly = (...words: readonly string[]) => own(`sh ${join(here.base, 'ro.sh')}`, ...words, '--json');
    const denied = readOnly('run', 'file-reader', 'notes.txt');
    expect([denied.status, (JSON.parse(denied.stdout) as Json).error?.code]).toEqual([69, 'TOKA_STATE_UNAVAILABLE']);
    const listed = readOnly('runs', 'list');
    expect([listed.status, listed.stdout.includes('project/greet')]).toEqual([0, true]);
  });
});

describe('the journal', () => {
  test('many processes at once: nothing is lost, the chains hold', async () => {
    const ended = await Promise.all(Array.from({ length: 8 }, async () => here.json(['run', 'file-reader', 'notes.txt'])));
    expect(ended.map(({ exit }) => exit)).toEqual(Array.from({ length: 8 }, () => 0));
    const opened = await openJournal(journal(), { clock: systemClock, readOnly: true });
    expect([
      (await opened.verify()).ok,
      (await opened.runs({ limit: 20 })).map(({ id }) => id).toSorted(),
    ]).toEqual([true, ended.map(({ runId }) => runId).toSorted()]);
    await opened.close();
  });

  const DAMAGE: Record<string, () => void> = {
    empty: () => truncateSync(journal(), 0),
    'text instead': () => writeFileSync(journal(), 'no database\n'.repeat(1000)),
    'a foreign database': () => {
      rmSync(journal());
      spawnSync(process.execPath, [
        '-e',
        `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(journal())}).exec('CREATE TABLE t (x)')`,
      ]);
    },
    'pages of zeros': () => {
      const bytes = readFileSync(journal());
      bytes.fill(0, 100, 6 * 4096);
      writeFileSync(journal(), bytes);
    },
  };

  test.each(Object.keys(DAMAGE))('%s: 76, nothing is run, and the file stays as it is', async (what) => {
    await works();
    for (const suffix of ['-wal', '-shm']) rmSync(journal() + suffix, { force: true });
    DAMAGE[what]?.();
    const before = readFileSync(journal());
    here.write(tool('touch', 'echo x > made.txt', { effect: 'external', capabilities: { required: ['fs:write:**'] } }));
    expect(refusal(await here.json(['run', 'touch', '--allow', 'proc:exec', '--allow', 'fs:write:**']))).toEqual([76, 'TOKA_INTEGRITY']);
    expect(refusal(await here.json(['runs', 'list']))).toEqual([76, 'TOKA_INTEGRITY']);
    expect([existsSync(join(here.project, 'made.txt')), readFileSync(journal()).equals(before)]).toEqual([false, true]);
  });
});

describe('odd surroundings', () => {
  test('no project, no home: state by XDG', async () => {
    const result = await here.json(['run', 'file-lister', '.'], { cwd: here.base });
    expect([result.exit, existsSync(join(here.home, 'state/toka/journal.db')), existsSync(join(here.base, '.toka'))]).toEqual([
      0,
      true,
      false,
    ]);
  });

  test('an empty HOME: the folder toka is called in is not taken for the home', async () => {
    expect((await here.json(['run', 'file-lister'], { env: { HOME: '' } })).exit).toBe(0);
  });

  test('a folder that was removed', async () => {
    const gone = join(here.base, 'gone');
    mkdirSync(gone);
    const { status, stderr } = here.spawn('sh', ['-c', `rmdir "$PWD"; "$0" "$1" tools list >/dev/null`, process.execPath, LAUNCHER], { cwd: gone });
    expect([status === null, /\n\s+at /.test(stderr)]).toEqual([false, false]);
  });

  test('standard streams that are closed', () => {
    for (const redirect of ['</dev/null >&-', '2>&-', '<&-']) {
      const { status } = here.spawn('sh', ['-c', `"$0" "$1" tools list ${redirect} >/dev/null`, process.execPath, LAUNCHER]);
      expect([redirect, status]).toEqual([redirect, 0]);
    }
  });

  test('arguments that are not UTF-8, empty, or very long', () => {
    const { status } = here.spawn('bash', ['-c', String.raw`"$0" "$1" run file-reader $'a\xffb' ""`, process.execPath, LAUNCHER]);
    expect(status).toBe(2);
    const long = here.spawn(process.execPath, [LAUNCHER, 'run', 'file-reader', 'x'.repeat(100_000)]);
    expect([long.status, /TOKA_[A-Z_]+/.exec(long.stderr)?.[0]]).toEqual([2, 'TOKA_CAPABILITY_INVALID']);
  });
});
