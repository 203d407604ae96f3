import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scopeGlob } from '../../src/capability/grammar.ts';
import { matches } from '../../src/capability/glob.ts';
import { needsOf, programOf } from '../../src/capability/needs.ts';
import type { Executable, Tool } from '../../src/manifest/tool.ts';

const anchors = { root: '/p', home: '/home/me', realPath: (path: string) => path, isFolder: (path: string) => path === '/p/docs' };
const fileOf = (program: string) => ({ git: '/usr/bin/git', '/p/link': '/usr/bin/git' })[program];
const process = { args: [], workingDirectory: 'project', stdin: 'none', pass: {} } as const;

function tool(
  required: readonly string[],
  executable: Executable = { type: 'native', entry: '/x.mjs' },
  kind: Tool['origin']['kind'] = 'bundled',
): Tool {
  return {
    name: 'report',
    qualified: 'project/report',
    source: 'project',
    origin: { kind, file: '/p/manifests/report.yaml' },
    version: '1.0.0',
    category: 'code',
    description: 'Report',
    tags: [],
    executable,
    params: { type: 'object', properties: {}, required: [], additionalProperties: false },
    capabilities: { required, optional: [] },
    effect: 'read',
    level: 'restricted',
    risk: 'low',
    sandbox: {},
    examples: [],
  };
}

function scopes(required: readonly string[], params: Readonly<Record<string, unknown>> = {}): (string | undefined)[] {
  return needsOf(tool(required), { params, words: [], cwd: '/p', isCalled: false, fileOf }, anchors).required.map(({ scope }) => scope);
}

describe('parameters in a capability', () => {
  test.each([
    ['a file', ['fs:read:{path}'], { path: '/p/README.md' }, ['/p/README.md']],
    ['a folder is its tree', ['fs:read:{path}'], { path: '/p/docs' }, ['/p/docs/**']],
    ['a list is one capability each', ['fs:read:{path}'], { path: ['/a', '/b'] }, ['/a', '/b']],
    ['an absent one is none', ['fs:read:{path}'], {}, []],
    ['an empty list is none', ['fs:read:{path}'], { path: [] }, []],
    ['glob characters are plain', ['fs:read:{path}'], { path: String.raw`/p/[a*]?\b` }, [String.raw`/p/[a\*]\?\\b`]],
    ['braces are not filled again', ['fs:read:{path}'], { path: '/p/{other}', other: '/etc' }, ['/p/{other}']],
    ['colons stay', ['fs:read:{path}'], { path: '/p/a:b' }, ['/p/a:b']],
    ['a host is normalised', ['net:connect:{host}:443'], { host: 'Example.ORG' }, ['example.org:443']],
    ['several at once', ['fs:read:{path}/{name}'], { path: ['/a', '/b'], name: ['x', 'y'] }, ['/a/x', '/b/x', '/a/y', '/b/y']],
    ['up is up', ['fs:read:{path}'], { path: '/p/docs/../../etc/passwd' }, ['/etc/passwd']],
  ])('%s', (_, required, params, expected) => {
    expect(scopes(required, params)).toEqual(expected);
  });

  test('whatever the path, the need is for that path alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z*?\\{}: ~.-]{1,12}$/), (name) => {
        fc.pre(name !== '.' && name !== '..');
        const [need] = needsOf(tool(['fs:read:{path}']), { params: { path: `/p/${name}` }, words: [], cwd: '/p', isCalled: false, fileOf }, anchors).required;
        expect(need && scopeGlob(need)).toMatchObject({ literal: true, prefix: `/p/${name}` });
      }),
    );
  });

  test.each([[{ path: 5 }], [{ path: null }], [{ path: [{}] }]])('%j is no text for a capability', (params) => {
    expect(() => scopes(['fs:read:{path}'], params)).toThrow(expect.objectContaining({ code: 'TOKA_MANIFEST_INVALID' }));
  });

  test.each([[{ path: '' }], [{ path: '/p/a\nb' }], [{ path: '/p/a\u202eb' }]])('%j gives no capability', (params) => {
    expect(() => scopes(['fs:read:{path}'], params)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });
});

describe('the start of its program', () => {
  test.each<[string, Executable, Tool['origin']['kind'], string | undefined]>([
    ['a script needs its interpreter', { type: 'shell', path: '/p/x.sh', interpreter: 'bash', ...process }, 'project', 'bash'],
    ['a program by its path needs just that file', { type: 'external', path: '/p/bin/git', ...process }, 'project', '/p/bin/git'],
    ['a program is no pattern', { type: 'external', path: '/opt/a*b', ...process }, 'project', '/opt/a*b'],
    ['native code that is not part of toka needs node', { type: 'native', entry: '/p/x.mjs' }, 'project', 'node'],
    ['native code of a plugin was agreed to when that was installed', { type: 'native', entry: '/p/x.mjs' }, 'plugin', undefined],
    ['native code that is part of toka starts nothing', { type: 'native', entry: '/p/x.mjs' }, 'bundled', undefined],
  ])('%s', (_, executable, kind, program) => {
    const each = tool([], executable, kind);
    expect(programOf(each)).toBe(program);
    const needs = needsOf(each, { params: {}, words: [], cwd: '/p', isCalled: false, fileOf }, anchors).required;
    expect(needs.map((need) => [need.domain, need.action, program !== undefined && matches(scopeGlob(need), program)])).toEqual(
      program === undefined ? [] : [['proc', 'exec', true]],
    );
    for (const other of ['git', '/opt/aXb']) expect(needs.some((need) => matches(scopeGlob(need), other))).toBe(false);
  });
});

test('a program that a manifest names among its capabilities as well is needed once', () => {
  const needs = needsOf(tool(['proc:exec:sh', 'fs:read:/p/a'], { type: 'external', path: 'sh', ...process }), { params: {}, words: [], cwd: '/p', isCalled: false, fileOf }, anchors);
  expect(needs.required.map(({ domain, action, scope }) => `${domain}:${action}:${scope}`)).toEqual(['proc:exec:sh', 'fs:read:/p/a']);
});

describe('what is started by the program', () => {
  const external = (path: string): Tool => tool([], { type: 'external', path, ...process });
  const needs = (path: string, words: readonly string[]) => needsOf(external(path), { params: {}, words, cwd: '/p', isCalled: false, fileOf }, anchors);

  test('needs to be granted as well', () => {
    expect(needs('env', ['A=1', 'nice', './bin/git', 'status']).required.map(({ scope }) => scope)).toEqual(['env', 'nice', '/p/bin/git']);
  });

  test('is known also by the file that it really is', () => {
    const { starts } = needs('/p/link', []);
    expect(starts.map(({ capability, real }) => [capability.scope, real()?.scope])).toEqual([['/p/link', '/usr/bin/git']]);
  });

  test('the last one that is known stands for what is not', () => {
    const { required, opaque } = needs('nice', ['sudo', 'git']);
    expect(required.map(({ scope }) => scope)).toEqual(['nice', 'sudo']);
    expect(opaque?.capability).toBe(required.at(-1));
  });
});

test.each<[Partial<Tool>, boolean]>([
  [{ effect: 'external', risk: 'medium' }, false],
  [{ effect: 'privileged', risk: 'low' }, true],
  [{ effect: 'read', risk: 'high' }, true],
])('%j needs somebody’s word for just this tool: %s', (change, expected) => {
  const { consent } = needsOf({ ...tool([]), ...change }, { params: {}, words: [], cwd: '/p', isCalled: false, fileOf }, anchors);
  expect(consent?.capability).toEqual(expected ? { domain: 'tool', action: 'call', scope: 'project/report' } : undefined);
});

test('who calls a tool needs its call, by its full name', () => {
  const call = (isCalled: boolean): unknown => needsOf(tool([]), { params: {}, words: [], cwd: '/p', isCalled, fileOf }, anchors).called;
  expect([call(false), call(true)]).toEqual([undefined, { domain: 'tool', action: 'call', scope: 'project/report' }]);
});
