import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProject, projectId, stateFolder, userConfigFile, userFolders, userProjectConfigFile } from '../../src/config/paths.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'toka-paths-')));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('folders of the user', () => {
  test('follow the environment', () => {
    const env = { HOME: '/home/u', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/k', XDG_DATA_HOME: '/d' };
    expect(userFolders(env)).toEqual({ config: '/c/toka', state: '/s/toka', cache: '/k/toka', data: '/d/toka' });
    expect(userConfigFile(env)).toBe('/c/toka/config.yaml');
  });

  test.each([{}, { XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s', XDG_CACHE_HOME: '', XDG_DATA_HOME: 'd' }])(
    'fall back to the home where the environment says %j',
    (env) => {
      expect(userFolders({ HOME: '/home/u', ...env })).toEqual({
        config: '/home/u/.config/toka',
        state: '/home/u/.local/state/toka',
        cache: '/home/u/.cache/toka',
        data: '/home/u/.local/share/toka',
      });
    },
  );

  test.each([undefined, '', 'relative'])('ask the system for the home where HOME is %j', (home) => {
    expect(userFolders({ HOME: home }).config).toBe(join(userInfo().homedir, '.config', 'toka'));
  });

  test.runIf(process.getuid?.() === 0)('are not guessed for a user that has none (needs root, to be such a user)', () => {
    const module = JSON.stringify(join(import.meta.dirname, '../../src/config/paths.ts'));
    const script = `const { userFolders } = await import(${module}); process.setuid(54321); try { userFolders({}) } catch ({ code }) { console.log(code) }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stdout).toBe('TOKA_STATE_UNAVAILABLE\n');
  });
});

describe('the project', () => {
  function file(...path: string[]): string {
    const target = join(folder, ...path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, '');
    return target;
  }

  test.each(['toka.yaml', 'toka.config.yaml', 'toka.config.json'])('is the nearest folder upwards with %s', (name) => {
    const configFile = file(name);
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    expect(findProject(join(folder, 'a', 'b'))).toEqual({ root: folder, configFile });
    const nearer = file('a', name);
    expect(findProject(join(folder, 'a', 'b'))).toEqual({ root: join(folder, 'a'), configFile: nearer });
  });

  test('is one with a configuration file before a nearer git repository', () => {
    const configFile = file('toka.yaml');
    mkdirSync(join(folder, 'a', '.git'), { recursive: true });
    expect(findProject(join(folder, 'a'))).toEqual({ root: folder, configFile });
  });

  test('is else the git repository, also a worktree with a .git file', () => {
    mkdirSync(join(folder, '.git'));
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    expect(findProject(join(folder, 'a', 'b'))).toEqual({ root: folder });
    file('a', '.git');
    expect(findProject(join(folder, 'a', 'b'))).toEqual({ root: join(folder, 'a') });
  });

  test('is not made by a folder called toka.yaml', () => {
    mkdirSync(join(folder, '.git'));
    mkdirSync(join(folder, 'a', 'toka.yaml'), { recursive: true });
    expect(findProject(join(folder, 'a'))).toEqual({ root: folder });
  });

  test('with two configuration files is refused', () => {
    file('toka.yaml');
    file('toka.config.json');
    expect(() => findProject(folder)).toThrow(expect.objectContaining({ code: 'TOKA_CONFIG_INVALID' }));
  });

  test('is looked for also from a folder that does not exist', () => {
    const configFile = file('toka.yaml');
    expect(findProject(join(folder, 'none', 'such'))).toEqual({ root: folder, configFile });
  });

  test('has one id by whatever links it is reached', () => {
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    try {
      expect(projectId(link)).toBe(projectId(folder));
      expect(projectId(join(folder, '.'))).toBe(projectId(folder));
      expect(projectId(join(folder, 'other'))).not.toBe(projectId(folder));
      expect(userProjectConfigFile(link, { XDG_CONFIG_HOME: '/c' })).toBe(`/c/toka/projects/${projectId(folder)}.yaml`);
    } finally {
      rmSync(link);
    }
  });

  test('keeps its state inside, and without one the user does', () => {
    expect(stateFolder('/p')).toBe('/p/.toka/state');
    expect(stateFolder(undefined, { XDG_STATE_HOME: '/s' })).toBe('/s/toka');
  });
});
