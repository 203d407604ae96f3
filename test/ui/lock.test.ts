import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LockFile } from '../../src/manifest/lock-file.ts';
import type { Difference } from '../../src/registry/lock/compare.ts';
import { type Json, LAUNCHER, type Place, place, tool } from '../support/cli.ts';

interface Locked extends Json {
  readonly ok: boolean;
  readonly tools: number;
  readonly written: boolean;
  readonly differences: readonly Difference[];
}

const ALLOW = ['--allow', 'proc:exec:bash'];

let here: Place;
beforeEach(() => {
  here = place({ ...tool('greet', 'echo hello'), ...tool('other', 'echo other'), 'notes.txt': 'one\n' });
});
afterEach(() => here[Symbol.dispose]());

const lock = async (...words: readonly string[]) => here.json<Locked>(['lock', ...words]);
const locked = (): LockFile => JSON.parse(here.read('toka.lock')) as LockFile;
const changed = ({ differences }: Locked) => differences.map(({ tool: name, kind }) => `${kind} ${name}`);
const run = async (...words: readonly string[]) => here.json(['run', ...ALLOW, ...words]);
const outcome = async (...words: readonly string[]) => {
  const { exit, error } = await run(...words);
  return [exit, error?.code];
};
const edit = (file: string, from: string, to: string): void => here.write({ [file]: here.read(file).replace(from, to) });

describe('toka lock', () => {
  test('writes every tool that the project can run, sorted, with nothing of this machine', async () => {
    const { exit, ok, written, tools } = await lock();
    const names = Object.keys(locked().tools);
    expect([exit, ok, written, tools]).toEqual([0, true, true, names.length]);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(['checks/link-validator', 'files/file-reader', 'project/greet', 'project/other', 'toka/todo-report']));
    expect(here.read('toka.lock')).not.toContain(here.base);
    expect(here.read('toka.lock')).not.toContain(join(import.meta.dirname, '../..'));
    expect(locked().tools['project/greet']).toMatchObject({ file: 'manifests/greet.yaml', executable: 'shell manifests/greet.sh' });
  });

  test('leaves one that is as it should be untouched, and nothing beside it', async () => {
    await lock();
    const before = here.read('toka.lock');
    utimesSync(join(here.project, 'toka.lock'), 1, 1);
    const { written, differences } = await lock();
    expect([written, differences, here.read('toka.lock')]).toEqual([false, [], before]);
    expect(readdirSync(here.project).filter((name) => name.startsWith('toka.lock'))).toEqual(['toka.lock']);
  });

  test('says what was added, removed and changed; a changed tool changes its own lines alone', async () => {
    await lock();
    const before = here.read('toka.lock').split('\n');
    edit('manifests/greet.yaml', '"1.0.0"', '"1.1.0"');
    here.write(tool('third', 'echo third'));
    rmSync(join(here.project, 'manifests/other.yaml'));
    expect(changed(await lock())).toEqual(['changed project/greet', 'removed project/other', 'added project/third']);
    here.write(tool('other', 'echo other'));
    rmSync(join(here.project, 'manifests/third.yaml'));
    await lock();
    const after = here.read('toka.lock').split('\n');
    expect(after).toHaveLength(before.length);
    expect(after.filter((line, at) => line !== before[at])).toHaveLength(2);
  });

  test('is the same in a copy elsewhere, and by another user whose own tools it leaves out', async () => {
    await lock();
    const before = here.read('toka.lock');
    using there = place({ ...tool('greet', 'echo hello'), ...tool('other', 'echo other') });
    const own = join(there.home, 'config/toka/tools');
    mkdirSync(own, { recursive: true });
    for (const [name, text] of Object.entries(tool('mine', 'echo mine'))) writeFileSync(join(own, name.slice('manifests/'.length)), text);
    await there.run(['lock']);
    expect(there.read('toka.lock')).toBe(before);
  });

  test('refuses where a manifest cannot be read, where two tools have one name, and where there is no project', async () => {
    here.write({ 'manifests/broken.yaml': '{' });
    expect(await here.json(['lock'])).toMatchObject({ exit: 65, error: { code: 'TOKA_MANIFEST_INVALID' } });
    rmSync(join(here.project, 'manifests/broken.yaml'));
    here.write({ 'manifests/twice.yaml': here.read('manifests/greet.yaml') });
    expect(await here.json(['lock'])).toMatchObject({ exit: 2, error: { code: 'TOKA_TOOL_AMBIGUOUS' } });
    expect(await here.json(['lock'], { cwd: here.base })).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
    expect(readdirSync(here.project)).not.toContain('toka.lock');
  });

  test('two at once leave one whole lock', async () => {
    await lock();
    const whole = here.read('toka.lock');
    for (let round = 0; round < 3; round++) {
      rmSync(join(here.project, 'toka.lock'));
      const both = await Promise.all([here.run(['lock']), here.run(['lock'])]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(here.read('toka.lock')).toBe(whole);
    }
    expect(readdirSync(here.project).filter((name) => name.startsWith('toka.lock'))).toEqual(['toka.lock']);
  });

  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
  test.skipIf(!canMount)('in a folder that cannot be written: an error, and the lock as it was', async () => {
    await lock();
    const before = here.read('toka.lock');
    edit('manifests/greet.yaml', '"1.0.0"', '"1.1.0"');
    const inner = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && exec "$2" "$3" lock --json';
    const { status, stdout } = here.spawn('unshare', ['-rm', 'sh', '-c', inner, 'sh', here.project, process.execPath, LAUNCHER], { cwd: here.base });
    expect([status, (JSON.parse(stdout) as Json).error?.code]).toEqual([1, 'TOKA_FS_FAILED']);
    expect(here.read('toka.lock')).toBe(before);
  });
});

describe('toka lock --check', () => {
  test('ends with 0 where all is as locked, with 76 where there is no lock, and writes nothing', async () => {
    expect(await lock('--check')).toMatchObject({ exit: 76, error: { code: 'TOKA_LOCK_MISSING' } });
    expect(readdirSync(here.project)).not.toContain('toka.lock');
    await lock();
    expect(await lock('--check')).toMatchObject({ exit: 0, ok: true, differences: [] });
  });

  test('ends with 76 and lists each tool that differs, what is wider marked', async () => {
    await lock();
    const before = here.read('toka.lock');
    edit('manifests/greet.yaml', '"effect": "read"', '"effect": "external", "security": {"level": "standard"}, "capabilities": {"required": ["fs:read:docs/**"], "optional": ["net:connect"]}');
    here.write({ 'manifests/other.sh': 'echo something else' });
    const result = await lock('--check');
    expect([result.exit, result.ok, result.written, changed(result)]).toEqual([76, false, false, ['changed project/greet', 'changed project/other']]);
    const fields = result.differences.map(({ changes }) => changes.map(({ field, from, to, widens }) => [field, ...(field === 'code' || field === 'manifest' ? [] : [from, to, widens])]));
    expect(fields).toEqual([
      [
        ['effect', 'read', 'external', true],
        ['level', 'restricted', 'standard', true],
        ['risk', 'low', 'medium', true],
        ['capability', null, 'fs:read:docs/**', true],
        ['capability', null, 'net:connect (optional)', true],
        ['manifest'],
      ],
      [['code']],
    ]);
    expect(here.read('toka.lock')).toBe(before);
  });

  test('a narrower capability is not called wider', async () => {
    edit('manifests/greet.yaml', '"effect"', '"capabilities": {"required": ["fs:read:docs/**"]}, "effect"');
    await lock();
    edit('manifests/greet.yaml', 'fs:read:docs/**', 'fs:read:docs/guide/**');
    const [only] = (await lock('--check')).differences;
    expect(only?.changes.filter(({ field }) => field === 'capability').map(({ to, widens }) => [to, widens])).toEqual([
      [null, false],
      ['fs:read:docs/guide/**', false],
    ]);
  });
});

describe('a run', () => {
  test('without a lock runs; --frozen then ends with 76', async () => {
    expect(await outcome('greet')).toEqual([0, undefined]);
    expect(await outcome('--frozen', 'greet')).toEqual([76, 'TOKA_LOCK_MISSING']);
    expect(await here.json(['run', '--frozen', 'file-reader', 'x'], { cwd: here.base })).toMatchObject({ exit: 76, error: { code: 'TOKA_LOCK_MISSING' } });
  });

  test('of what is locked runs, frozen or not, before the name or after it', async () => {
    await lock();
    expect(await outcome('greet')).toEqual([0, undefined]);
    expect(await outcome('--frozen', 'greet')).toEqual([0, undefined]);
    expect(await outcome('file-reader', 'notes.txt', '--frozen')).toEqual([0, undefined]);
  });

  test.each([
    ['its script', () => here.write({ 'manifests/greet.sh': 'echo evil' })],
    ['its manifest', () => edit('manifests/greet.yaml', 'The tool', 'A tool')],
    ['a link in place of its script', () => {
      here.write({ 'other.sh': 'echo evil' });
      rmSync(join(here.project, 'manifests/greet.sh'));
      symlinkSync('../other.sh', join(here.project, 'manifests/greet.sh'));
    }],
    ['its entry in the lock', () => edit('toka.lock', '"file": "manifests/greet.yaml"', '"file": "manifests/greet.yml"')],
  ])('of a tool that is not as locked ends with 76 and runs nothing: %s', async (_what, change) => {
    await lock();
    change();
    for (const frozen of [[], ['--frozen']]) {
      const { exit, error, output } = await run(...frozen, 'greet');
      expect([exit, error?.code, error?.data?.['kind'], output]).toEqual([76, 'TOKA_LOCK_DRIFT', 'changed', '']);
    }
    expect(await outcome('other')).toEqual([0, undefined]);
    await lock();
    expect((await run('greet')).exit).toBe(0);
  });

  test('is of the manifest that was compared, whatever the times of the file say', async () => {
    const args = (word: string): void => edit('manifests/greet.yaml', /"args": \[.*\]|"path": "greet.sh"/.exec(here.read('manifests/greet.yaml'))?.[0] ?? '', word);
    here.write({ 'manifests/greet.sh': 'echo "$1"' });
    args('"args": ["good"], "path": "greet.sh"');
    await lock();
    args('"args": ["evil"]');
    const file = join(here.project, 'manifests/greet.yaml');
    const { atimeMs, mtimeMs } = statSync(file);
    utimesSync(file, atimeMs / 1000, Math.floor(mtimeMs / 1000));
    await here.run(['tools', 'validate']);
    args('"args": ["good"]');
    utimesSync(file, atimeMs / 1000, Math.floor(mtimeMs / 1000));
    expect((await run('greet')).output).toBe('good\n');
  });

  test('of a project’s tool that the lock does not know ends with 76', async () => {
    await lock();
    here.write(tool('third', 'echo third'));
    expect(await run('third')).toMatchObject({ exit: 76, error: { code: 'TOKA_LOCK_DRIFT', data: { kind: 'added' } } });
  });

  test('of a bundled tool whose entry says another version ends with 76', async () => {
    await lock();
    const text = here.read('toka.lock');
    const { tools } = locked();
    const entry = tools['files/file-reader'];
    here.write({ 'toka.lock': text.replace(JSON.stringify(entry, undefined, 2).split('\n').join('\n    '), JSON.stringify({ ...entry, version: '9.9.9' }, undefined, 2).split('\n').join('\n    ')) });
    expect(locked().tools['files/file-reader']?.version).toBe('9.9.9');
    expect(await outcome('file-reader', 'notes.txt')).toEqual([76, 'TOKA_LOCK_DRIFT']);
  });

  test('of a tool of one’s own is left to its owner, unless frozen', async () => {
    await lock();
    const own = join(here.home, 'config/toka/tools');
    mkdirSync(own, { recursive: true });
    for (const [name, text] of Object.entries(tool('mine', 'echo mine'))) writeFileSync(join(own, name.slice('manifests/'.length)), text);
    expect(await outcome('mine')).toEqual([0, undefined]);
    expect(await outcome('--frozen', 'mine')).toEqual([76, 'TOKA_LOCK_DRIFT']);
    const entry = { ...locked().tools['project/greet'], origin: 'user' };
    here.write({ 'toka.lock': `${JSON.stringify({ lockVersion: 1, tools: { 'user/mine': entry } }, undefined, 2)}\n` });
    expect(await outcome('--frozen', 'mine')).toEqual([76, 'TOKA_LOCK_DRIFT']);
  });

  test('--dry-run of a tool that is not as locked ends as the run would', async () => {
    await lock();
    here.write({ 'manifests/greet.sh': 'echo evil' });
    expect(await here.json(['run', '--dry-run', ...ALLOW, 'greet'])).toMatchObject({ exit: 76, error: { code: 'TOKA_LOCK_DRIFT' } });
    expect(await here.json(['run', '--dry-run', '--frozen', ...ALLOW, 'other'])).toMatchObject({ exit: 0 });
  });

  test('that is refused is recorded, with what the tool was', async () => {
    await lock();
    here.write({ 'manifests/greet.sh': 'echo evil' });
    const { runId } = await run('greet');
    const { events } = await here.json<{ events: readonly { event: Record<string, unknown> }[] }>(['runs', 'show', runId]);
    expect(events.map(({ event }) => event['type'])).toEqual(['run.requested', 'run.finished']);
    expect(events[0]?.event).toMatchObject({ tool: 'project/greet', manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  test('a program that the project brings along is part of its tool', async () => {
    here.write({ 'bin/hello': '#!/bin/sh\necho hello', ...tool('prog', '../bin/hello', { type: 'external' }) });
    await lock();
    expect((await here.json(['run', '--allow', 'proc:exec', 'prog'])).exit).toBe(0);
    here.write({ 'bin/hello': '#!/bin/sh\necho evil' });
    expect(await here.json(['run', '--allow', 'proc:exec', 'prog'])).toMatchObject({ exit: 76, error: { code: 'TOKA_LOCK_DRIFT' } });
  });
});

describe('toka check', () => {
  test('runs only what is locked, and with --frozen only where there is a lock', async () => {
    expect((await here.run(['check', '--frozen', '--only', 'link-validator'])).code).toBe(76);
    await lock();
    expect((await here.run(['check', '--frozen', '--only', 'link-validator'])).code).toBe(0);
    const text = here.read('toka.lock');
    here.write({ 'toka.lock': text.replace(/("checks\/link-validator": \{\n\s+"origin": "bundled",\n\s+"version": ")[^"]+/, '$19.9.9') });
    expect((await here.run(['check', '--only', 'link-validator'])).code).toBe(76);
  });
});
