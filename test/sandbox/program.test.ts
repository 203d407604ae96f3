import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findBwrap } from '../../src/sandbox/bwrap.ts';
import { lacksInterpreter, realProgram, requireProgram } from '../../src/sandbox/program.ts';
import { planOf, readMount, run, temporaryFolder, writeMount } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (...names: string[]): string => join(folder.path, ...names);
const program = (path: string, content = '#!/bin/sh\necho ran\n'): string => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
  chmodSync(at(path), 0o755);
  return at(path);
};
const link = (target: string, path: string): string => {
  mkdirSync(dirname(at(path)), { recursive: true });
  symlinkSync(target, at(path));
  return at(path);
};

beforeEach(() => {
  folder = temporaryFolder();
  return () => folder[Symbol.dispose]();
});

describe('a real program', () => {
  it('of the system needs no mount', () => {
    expect(realProgram('sh', { PATH: '/usr/bin:/bin' })).toEqual({ path: '/usr/bin/sh', mounts: [] });
  });

  it('outside the system needs its installation', async () => {
    program('node-9/bin/runner');
    const found = realProgram('runner', { PATH: `${at('node-9/bin')}:/usr/bin:/bin` });
    expect(found).toEqual({ path: at('node-9/bin/runner'), mounts: [at('node-9')] });
    const ran = await run(planOf([found.path], { mounts: found.mounts.map(readMount) }));
    expect(ran.stdout).toBe('ran\n');
  });

  it('behind links needs every installation on the way', async () => {
    program('base/bin/python9');
    link(at('base/bin/python9'), 'venv/bin/python');
    const found = realProgram('python', { PATH: at('venv/bin') });
    expect(found).toEqual({ path: at('venv/bin/python'), mounts: [at('venv'), at('base')] });
    expect((await run(planOf([found.path], { mounts: found.mounts.map(readMount) }))).stdout).toBe('ran\n');
  });

  it.each([
    ['home/bin/tool', 'home', 'home/bin/tool'],
    ['home/.local/bin/tool', 'home', 'home/.local/bin/tool'],
    ['home/.cargo/bin/tool', 'home', 'home/.cargo/bin/tool'],
    ['home/anaconda/bin/tool', 'home', 'home/anaconda/bin/tool'],
    ['bin/tool', 'home', 'bin/tool'],
  ])('%s never shows a home: %s', async (path, home, mount) => {
    program(path);
    mkdirSync(at('home'), { recursive: true });
    const found = realProgram('tool', { PATH: dirname(at(path)), HOME: at(home) });
    expect(found).toEqual({ path: at(mount), mounts: [at(mount)] });
    expect((await run(planOf([found.path], { mounts: found.mounts.map(readMount) }))).stdout).toBe('ran\n');
  });

  it('installed into a folder of a home is mounted with its libraries', () => {
    program('home/anaconda/bin/tool');
    mkdirSync(at('home/anaconda/lib'));
    expect(realProgram('tool', { PATH: at('home/anaconda/bin'), HOME: at('home') }).mounts).toEqual([at('home/anaconda')]);
  });

  it('is looked up behind the shim of its version manager', () => {
    program('.pyenv/shims/python', '#!/usr/bin/env bash\n');
    program('.pyenv/versions/3.9.1/bin/python');
    program('.pyenv/versions/3.8.0/bin/python');
    writeFileSync(at('.pyenv/version'), '3.9.1\n3.8.0\n');
    mkdirSync(at('project/sub'), { recursive: true });
    const env = { PATH: at('.pyenv/shims') };
    const version = (more: object, cwd = at()): string => realProgram('python', { ...env, ...more }, cwd).path;
    expect(version({})).toBe(at('.pyenv/versions/3.9.1/bin/python'));
    expect(version({ PYENV_VERSION: '3.8.0' })).toBe(at('.pyenv/versions/3.8.0/bin/python'));
    writeFileSync(at('project/.python-version'), '3.8.0\r\n');
    expect(version({}, at('project/sub'))).toBe(at('.pyenv/versions/3.8.0/bin/python'));
  });

  it('is the next one in PATH where the version manager leaves it to the system', () => {
    program('.pyenv/shims/sh', '#!/usr/bin/env bash\n');
    writeFileSync(at('.pyenv/version'), 'system\n');
    expect(realProgram('sh', { PATH: `${at('.pyenv/shims')}:/usr/bin` }, at()).path).toBe('/usr/bin/sh');
  });

  it('that is not there is named', () => {
    const expected: unknown = expect.objectContaining({ code: 'TOKA_RUNTIME_UNAVAILABLE', data: { program: 'no-such-program' } });
    expect(() => realProgram('no-such-program', { PATH: '/usr/bin:/bin' })).toThrow(expected);
    expect(() => realProgram('no-such-program', {})).toThrow(expected);
  });

  it('must be executable', () => {
    chmodSync(program('bin/tool'), 0o644);
    expect(() => realProgram(at('bin/tool'), {})).toThrow(expect.objectContaining({ code: 'TOKA_RUNTIME_UNAVAILABLE' }));
  });
});

describe('the program of a plan', () => {
  it('must be visible inside', () => {
    program('bin/tool');
    expect(requireProgram('tool', at('bin'), [readMount(at())], '/tmp')).toBe(at('bin/tool'));
    expect(() => requireProgram('tool', at('bin'), [], '/tmp')).toThrow(expect.objectContaining({ code: 'TOKA_RUNTIME_UNAVAILABLE' }));
  });

  it('must have its interpreter', async () => {
    const script = program('bin/script', '#! /opt/no/such/interpreter -x\n');
    const error = { code: 'TOKA_RUNTIME_UNAVAILABLE', data: { program: '/opt/no/such/interpreter' } };
    await expect(run(planOf([script], { mounts: [readMount(at())] }))).rejects.toMatchObject(error);
  });
});

describe('an interpreter', () => {
  const cases: [string, () => string, boolean][] = [
    ['of a binary', () => '/bin/sh', false],
    ['that is there', () => program('script'), false],
    ['that is not there', () => program('script', '#!/no/such/interpreter\n'), true],
    ['behind another that is not there', () => program('script', `#!${program('inner', '#!/no/such/interpreter\n')}\n`), true],
    ['that is the script itself', () => program('script', `#!${at('script')}\n`), true],
  ];
  it.each(cases)('%s', (_, make, isLacking) => {
    expect(lacksInterpreter(make())).toBe(isLacking);
  });
});

describe('bwrap', () => {
  it('is never taken from a folder that a tool may have written', () => {
    const own = program('work/bin/bwrap');
    const path = `${at('work/bin')}:.:relative:/usr/bin:/bin`;
    expect(findBwrap({ mounts: [], cwd: '/' }, path)).toBe(own);
    for (const plan of [
      { mounts: [writeMount(at('work'))], cwd: '/' },
      { mounts: [readMount(at('work/bin'))], cwd: '/' },
      { mounts: [], cwd: at('work') },
    ]) {
      expect(findBwrap(plan, path)).not.toBe(own);
    }
  });

  it('that is a link into such a folder is not taken either', () => {
    link(program('work/bwrap'), 'bin/bwrap');
    expect(findBwrap({ mounts: [writeMount(at('work'))], cwd: '/' }, `${at('bin')}:/usr/bin:/bin`)).not.toContain(folder.path);
  });

  it('that is missing refuses the run and says how to get it', () => {
    const data: unknown = expect.objectContaining({ missing: ['sandbox'] });
    const refusal: unknown = expect.objectContaining({ code: 'TOKA_SANDBOX_UNAVAILABLE', data });
    expect(() => findBwrap({ mounts: [], cwd: '/' }, at('empty'))).toThrow(refusal);
  });
});
