import { describe, expect, test } from 'vitest';
import { EMPTY_CONFIG, type Config, type Limit, type ModelsConfig, NO_MODELS } from '../../src/config/config.ts';
import { mergeLayers, type Layer } from '../../src/config/layers.ts';

const files = { administrator: '/etc/toka/policy.yaml', user: '/home/u/config.yaml', 'user-project': '/home/u/projects/p.yaml', project: '/srv/p/toka.yaml' };

function layer(origin: Layer['origin'], config: Partial<Config>, trusted = true): Layer {
  return { origin, file: files[origin], trusted, config: { ...EMPTY_CONFIG, ...config } };
}

function policy(allow: string, deny: string): Pick<Config, 'policy'> {
  return { policy: { allow: [{ capabilities: [allow], line: 1 }], ask: [{ capabilities: [deny], line: 3 }], deny: [{ capabilities: [deny], line: 2 }] } };
}

test('without any file nothing is allowed or denied, and watchdogs will do', () => {
  expect(mergeLayers([])).toEqual({ allow: [], ask: [], deny: [], prefer: {}, require: 'watchdog', limits: [], budget: {}, flows: { trusted: [], allow: [] }, hooks: [], repl: {}, models: NO_MODELS, plugins: { agreed: [] }, paths: [] });
});

test('the plugins that are agreed to are named by the user alone, and the administrator says which there may be', () => {
  const naming = (...allow: readonly string[]): Partial<Config> => ({ plugins: { allow } });
  const { plugins } = mergeLayers([layer('administrator', naming('@acme/*')), layer('user', naming('a')), layer('user-project', naming('b')), layer('project', naming('c'))]);
  expect(plugins).toEqual({ agreed: ['a', 'b'], only: ['@acme/*'] });
});

describe('models', () => {
  const models = (some: Partial<ModelsConfig>): Partial<Config> => ({ models: { ...NO_MODELS, ...some } });

  test('of each name the nearest layer says what it stands for', () => {
    const { roles } = mergeLayers([layer('user', models({ roles: { work: ['a/1'], small: ['a/2'] } })), layer('project', models({ roles: { work: ['b/1'] } }))]).models;
    expect(roles).toEqual({ work: ['b/1'], small: ['a/2'] });
  });

  test('those of a project that is not trusted count for nothing', () => {
    const project = { ...layer('project', models({ roles: { work: ['b/1'] }, providers: { anthropic: { baseURL: 'https://elsewhere.example' } } })), trusted: false };
    expect(mergeLayers([project]).models).toEqual(NO_MODELS);
  });

  test('a key that a farther file names is not sent where a nearer one says', () => {
    const { providers } = mergeLayers([layer('user', models({ providers: { own: { keyEnv: 'OWN_KEY', context: 5 } } })), layer('project', models({ providers: { own: { baseURL: 'https://elsewhere.example' } } }))]).models;
    expect(providers).toEqual({ own: { baseURL: 'https://elsewhere.example', context: 5 } });
  });
});

test('rules of all layers count, each with its origin', () => {
  const { allow, deny } = mergeLayers([layer('user', policy('a:a', 'b:b')), layer('project', policy('c:c', 'd:d'))]);
  expect(allow.map(({ origin, capabilities }) => [origin, ...capabilities])).toEqual([
    ['user', 'a:a'],
    ['project', 'c:c'],
  ]);
  expect(deny.map(({ origin, file, line }) => [origin, file, line])).toEqual([
    ['user', files.user, 2],
    ['project', files.project, 2],
  ]);
});

test('of an untrusted project only what narrows counts', () => {
  const own: Partial<Config> = {
    ...policy('c:c', 'd:d'),
    prefer: { a: 'project' },
    sandbox: { require: 'hard' },
    tools: { paths: ['tools'] },
  };
  const settings = mergeLayers([layer('user', { prefer: { a: 'files' } }), layer('project', own, false)]);
  expect(settings).toMatchObject({ allow: [], ask: [{ capabilities: ['d:d'] }], deny: [{ capabilities: ['d:d'] }], prefer: { a: 'files' }, require: 'hard', paths: [] });
});

describe('what is kept of runs', () => {
  const retention = (...layers: Layer[]) => mergeLayers(layers).retention;
  const storage = { storage: { backend: 'sqlite', location: '/srv/shared' } };

  test('the nearest file decides as a whole, of a project once it is trusted', () => {
    const user = layer('user', { retention: { age: 1000, count: 7 } });
    expect(retention(user)).toEqual({ age: 1000, count: 7 });
    expect(retention(user, layer('project', { retention: { count: 9 } }))).toEqual({ count: 9 });
    expect(retention(user, layer('project', { retention: { count: 9 } }, false))).toEqual({ age: 1000, count: 7 });
  });

  test('a project says nothing of a journal that the user has named, which others may share', () => {
    const project = layer('project', { retention: { count: 9 } });
    expect(retention(layer('user', storage), project)).toBeUndefined();
    expect(retention(layer('user', { ...storage, retention: { count: 7 } }), project)).toEqual({ count: 7 });
    expect(retention(layer('user', storage), layer('project', { ...storage, retention: { count: 9 } }))).toEqual({ count: 9 });
    expect([mergeLayers([project], { backend: 'sqlite', location: '/srv/shared' }).retention, mergeLayers([layer('user', storage), project], { backend: 'sqlite' }).retention]).toEqual([undefined, { count: 9 }]);
  });
});

test('a higher layer decides what is preferred, name by name', () => {
  const layers = [
    layer('user', { prefer: { a: 'user', b: 'user' } }),
    layer('user-project', { prefer: { b: 'own' } }),
    layer('project', { prefer: { a: 'p' } }),
  ];
  expect(mergeLayers(layers).prefer).toEqual({ a: 'p', b: 'own' });
});

describe('what must enforce limits', () => {
  const demand = (user?: 'hard' | 'watchdog', own?: 'hard' | 'watchdog', project?: 'hard' | 'watchdog') =>
    mergeLayers([
      layer('user', { sandbox: user ? { require: user } : {} }),
      layer('user-project', { sandbox: own ? { require: own } : {} }),
      layer('project', { sandbox: project ? { require: project } : {} }),
    ]).require;

  test('a project raises it and cannot lower it', () => {
    expect([demand(undefined, undefined, 'hard'), demand('hard', undefined, 'watchdog')]).toEqual(['hard', 'hard']);
  });

  test('what the user says of all projects does not lower what this project demands', () => {
    expect(demand('watchdog', undefined, 'hard')).toBe('hard');
  });

  test('what the user says of this project decides', () => {
    expect([demand('hard', 'watchdog', 'hard'), demand('watchdog', 'hard', 'watchdog')]).toEqual(['watchdog', 'hard']);
  });
});

describe('limits and budgets only ever narrow', () => {
  const limit = (runs: number): Limit => ({ rate: { kind: 'window', runs, ms: 1000 }, line: runs });

  test('the limits of every layer hold, whether it is trusted or not', () => {
    const { limits } = mergeLayers([layer('user', { limits: [limit(1)] }), layer('project', { limits: [limit(9)] }, false)]);
    expect(limits.map(({ file, line }) => [file, line])).toEqual([
      [files.user, 1],
      [files.project, 9],
    ]);
  });

  test('of budgets the least holds, each figure by itself', () => {
    const layers = [
      layer('user', { budget: { calls: 5, wall: 100 } }),
      layer('user-project', { budget: { calls: 9, cpu: 7 } }),
      layer('project', { budget: { wall: 50, cpu: 70, bytes: 1 } }, false),
    ];
    expect(mergeLayers(layers).budget).toEqual({ calls: 5, wall: 50, cpu: 7, bytes: 1 });
  });
});

test('folders of tools start at the folder of the file that names them', () => {
  const { paths } = mergeLayers([
    layer('user', { tools: { paths: ['mine', '/opt/tools'] } }),
    layer('project', { tools: { paths: ['../shared'] } }),
  ]);
  expect(paths).toEqual([
    { path: '/home/u/mine', origin: 'user' },
    { path: '/opt/tools', origin: 'user' },
    { path: '/srv/shared', origin: 'project' },
  ]);
});

test('what the administrator demands of the sandbox nobody lowers', () => {
  const layers = [layer('administrator', { sandbox: { require: 'hard' } }), layer('user-project', { sandbox: { require: 'watchdog' } })];
  expect(mergeLayers(layers).require).toBe('hard');
  expect(mergeLayers(layers.slice(1)).require).toBe('watchdog');
});

test('flows and hooks are those of all trusted layers, in order; paths of flows start at the folder of their file', () => {
  const saying = (name: string): Partial<Config> => ({
    flows: { trusted: [name], allow: [{ tool: name }] },
    hooks: [{ on: 'before-turn', tools: [], run: { kind: 'tool', tool: name, params: {} }, timeoutMs: 1 }],
  });
  const { flows, hooks } = mergeLayers([layer('user', saying('a')), layer('project', saying('b')), { ...layer('project', saying('c')), trusted: false }]);
  expect(flows.trusted).toEqual(['a', 'b']);
  expect(flows.allow.map(({ folder, tool }) => [tool, folder])).toEqual([['a', expect.stringMatching(/^\//) as string], ['b', expect.stringMatching(/^\//) as string]]);
  expect(hooks.map(({ run }) => run)).toMatchObject([{ tool: 'a' }, { tool: 'b' }]);
});
