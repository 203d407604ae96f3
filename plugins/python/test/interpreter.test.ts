import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findInterpreter, requireInterpreter } from '../src/lib/interpreter.ts';

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-python-')));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(file: string, content = ''): string {
  const path = join(base, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

/** An installation of Python in a folder of its own. */
function installed(folder: string, version: string): string {
  mkdirSync(join(base, folder, 'lib', `python${version}`), { recursive: true });
  const program = write(`${folder}/bin/python${version}`);
  symlinkSync(`python${version}`, join(base, folder, 'bin/python3'));
  return program;
}

const find = (...folders: string[]): ReturnType<typeof findInterpreter> => findInterpreter({ PATH: folders.map((folder) => join(base, folder)).join(':'), HOME: join(base, 'home') }, base);

describe('the interpreter', () => {
  test('is found behind links, with what it needs', () => {
    const program = installed('opt/python', '3.12');
    mkdirSync(join(base, 'bin'));
    symlinkSync(join(base, 'opt/python/bin/python3'), join(base, 'bin/python3'));
    expect(find('bin')).toEqual({ program, version: '3.12', base: join(base, 'opt/python'), reads: [join(base, 'opt/python')] });
  });

  test('is the one behind a virtual environment', () => {
    const program = installed('opt/python', '3.12');
    write('project/.venv/pyvenv.cfg', '');
    mkdirSync(join(base, 'project/.venv/bin'));
    symlinkSync(join(base, 'opt/python/bin/python3'), join(base, 'project/.venv/bin/python3'));
    expect(find('project/.venv/bin')?.program).toBe(program);
  });

  test('is never a program of another name that a project brings along', () => {
    write('project/node_modules/.bin/python3', '#!/bin/sh\ntouch /tmp/planted');
    const program = installed('opt/python', '3.12');
    expect(find('project/node_modules/.bin', 'opt/python/bin')?.program).toBe(program);
  });

  test('is one that is recent enough', () => {
    installed('old', '3.8');
    const program = installed('new', '3.9');
    expect(find('old/bin', 'new/bin')?.program).toBe(program);
    expect(find('old/bin')).toBeUndefined();
  });

  test('is not one that would show a whole home', () => {
    installed('home', '3.12');
    expect(find('home/bin')).toBeUndefined();
  });

  test.each([
    ['the version of the folder', { '.python-version': '3.13\n', 'pyenv/version': '3.12\n' }, '3.13'],
    ['the version of the user', { 'pyenv/version': '3.12\n' }, '3.12'],
    ['the system', { 'pyenv/version': 'system\n' }, '3.11'],
  ])('is what pyenv stands for: %s', (_, files, version) => {
    for (const each of ['3.12', '3.13']) installed(`pyenv/versions/${each}`, each);
    installed('system', '3.11');
    write('pyenv/shims/python3', '#!/usr/bin/env bash\nexec "/opt/pyenv/libexec/pyenv" exec "$program" "$@"\n');
    for (const [name, content] of Object.entries(files)) write(name, content);
    expect(find('pyenv/shims', 'system/bin')?.version).toBe(version);
  });

  test('that is not there is told with how to install it', () => {
    expect(() => requireInterpreter({ PATH: join(base, 'nowhere') })).toThrow(expect.objectContaining({ code: 'PYTHON_NOT_FOUND', hint: expect.stringContaining('apt install') }));
  });
});
