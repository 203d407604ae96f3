import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROTECTED } from '../../src/capability/protected.ts';
import { type Json, place, tool } from '../support/cli.ts';

const SHELL = ['--allow', 'proc:exec:bash'];
const TREE = ['--allow', 'fs:write:**'];
// A project has one file of configuration, and toka makes its own folder before a run, to hide what is in it.
const NAMES = PROTECTED.filter((name) => !name.startsWith('toka.config.') && name !== '.toka');
const EMPTY = 'apiVersion: toka/v1\n';

const planter = tool('planter', `for name in ${NAMES.join(' ')}; do echo planted > $name; mv $name $name.moved; rm $name; done 2>/dev/null; true`, {
  effect: 'external',
  capabilities: { required: ['fs:write:**'] },
});

describe('what other programs obey', () => {
  test('stays as it is under a sandboxed process that may write the tree around it', async () => {
    const others = NAMES.filter((name) => name !== 'toka.lock');
    using here = place({ ...Object.fromEntries(others.map((name) => [name, 'kept'])), 'toka.yaml': EMPTY, ...planter });
    await here.run(['lock']);
    const before = NAMES.map((name) => here.read(name));
    expect((await here.json(['run', 'planter', ...SHELL, ...TREE])).status).toBe('succeeded');
    expect(NAMES.map((name) => here.read(name))).toEqual(before);
    expect(NAMES.filter((name) => existsSync(join(here.project, `${name}.moved`)))).toEqual([]);
  });

  test('is reported where a sandboxed process makes it anew', async () => {
    const names = NAMES.filter((name) => name !== 'toka.yaml');
    using here = place(tool('planter', `touch ${names.join(' ')}`, { effect: 'external', capabilities: { required: ['fs:write:**'] } }));
    const { code, stderr } = await here.run(['run', 'planter', ...SHELL, ...TREE]);
    expect(code).toBe(0);
    expect(names.filter((name) => !stderr.includes(`${join(here.project, name)},`))).toEqual([]);
  });

  test('is named in a denial, with what it steers; what no run sees is denied whatever is granted', async () => {
    using here = place();
    const write = async (file: string, ...flags: readonly string[]): Promise<Json> => here.json(['run', 'file-writer', file, '--content', 'x', ...flags]);
    const hook = await write('.git/hooks/pre-commit', ...TREE);
    expect(hook).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(hook.error?.message).toContain(`leaves ${join(here.project, '.git')} out, which steers git`);
    expect(hook.error?.hint).toContain('--allow');
    const hidden = await write('.toka/state/journal.db', ...TREE, '--allow', 'fs:write:.toka/state/journal.db');
    expect(hidden).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    expect(hidden.error?.message).toContain(join(here.project, '.toka/state'));
    expect(hidden.error?.hint).not.toContain('--allow');
  });

  test('cannot be made by a native tool, and is changed where it is granted by name', async () => {
    using here = place();
    expect((await here.json(['run', 'file-writer', 'toka.lock', '--content', 'x', ...TREE])).exit).toBe(77);
    expect(existsSync(join(here.project, 'toka.lock'))).toBe(false);
    expect((await here.json(['run', 'file-writer', 'toka.lock', '--content', 'x', '--allow', 'fs:write:toka.lock'])).exit).toBe(0);
  });
});
