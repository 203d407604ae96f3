import fc from 'fast-check';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  anchor,
  type Anchors,
  type Capability,
  implies,
  intersects,
  parseCapability,
  printCapability,
} from '../../src/capability/grammar.ts';
import { realPathOf } from '../../src/runtime/tool-fs-locate.ts';
import { globText } from './arbitraries.ts';

const KINDS = ['agent:spawn', 'env:read', 'fs:read', 'fs:write', 'model:call', 'net:connect', 'proc:exec', 'tool:call'];
const capability = fc
  .tuple(
    fc.constantFrom(...KINDS),
    fc.option(
      globText.filter((text) => text !== ''),
      { nil: undefined },
    ),
  )
  .map(([kind, scope]) => (scope === undefined ? kind : `${kind}:${scope}`));

describe('the grammar', () => {
  test('what is parsed is printed as it was', () => {
    fc.assert(fc.property(capability, (text) => printCapability(parseCapability(text)) === text));
  });

  test.each([
    ['net:connect:api.github.com:443', { domain: 'net', action: 'connect', scope: 'api.github.com:443' }],
    ['fs:read:{a}: b/ü,*', { domain: 'fs', action: 'read', scope: '{a}: b/ü,*' }],
    ['agent:spawn', { domain: 'agent', action: 'spawn' }],
  ])('%s', (text, expected) => {
    expect(parseCapability(text)).toEqual(expected);
  });

  test.each([
    '',
    'fs',
    'fs:',
    'fs:delete',
    'FS:read',
    ' fs:read',
    'fs:read:',
    'fs:read:a\nb',
    'fs:read:a\u0000',
    '__proto__:read',
    'constructor:call',
    'net:listen:80',
  ])('%j is refused', (text) => {
    expect(() => parseCapability(text)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });

  test('whatever is given, there is a capability or a coded error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          capability.map((text) => `${text}\\`),
        ),
        (text) => {
          try {
            expect(printCapability(parseCapability(text))).toBe(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'TOKA_CAPABILITY_INVALID' });
          }
        },
      ),
    );
  });
});

describe('implies', () => {
  const parse = parseCapability;

  test.each([
    ['fs:read', 'fs:read:/a', true],
    ['fs:read:/a', 'fs:read', false],
    ['fs:write:/a/**', 'fs:read:/a/b', false],
    ['fs:read:/a/**', 'fs:read:/a', true],
    ['fs:read:/a/**', 'fs:read:/ab', false],
    ['proc:exec:git', 'proc:exec:git', true],
    ['proc:exec:git*', 'proc:exec:git', true],
    ['tool:call:file-*', 'tool:call:file-reader', true],
    ['env:read:GITHUB_*', 'env:read:GITHUB_TOKEN', true],
    ['net:connect:*:443', 'net:connect:example.org:443', true],
    ['net:connect:*.example.org:443', 'net:connect:example.org:443', false],
  ])('%s implies %s: %s', (grant, need, expected) => {
    expect(implies(parse(grant), parse(need))).toBe(expected);
  });

  test('a partial order; what implies something intersects it', () => {
    fc.assert(
      fc.property(capability, capability, capability, (...texts) => {
        const [a, b, c] = texts.map(parse) as [Capability, Capability, Capability];
        expect(implies(a, a)).toBe(true);
        if (implies(a, b) && implies(b, c)) expect(implies(a, c)).toBe(true);
        if (implies(a, b)) expect(intersects(a, b)).toBe(true);
        expect(intersects(a, b)).toBe(intersects(b, a));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a file scope is anchored', () => {
  let base: string;
  let anchors: Anchors;

  beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-anchor-')));
    for (const folder of ['project/docs', 'home/.ssh', 'outside']) mkdirSync(join(base, folder), { recursive: true });
    writeFileSync(join(base, 'project/README.md'), '');
    symlinkSync('../outside', join(base, 'project/link'));
    symlinkSync('loop', join(base, 'project/loop'));
    anchors = anchorsOf(join(base, 'project'));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  function anchorsOf(root: string): Anchors {
    const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return { root, home: join(base, 'home'), realPath: realPathOf, isFolder };
  }

  test.each([
    ['docs/**', 'project/docs/**'],
    ['docs', 'project/docs/**'],
    ['docs/', 'project/docs/**'],
    ['.', 'project/**'],
    ['./docs/./*.md', 'project/docs/*.md'],
    ['docs/../README.md', 'project/README.md'],
    ['../outside', 'outside/**'],
    ['link', 'outside/**'],
    ['link/**', 'outside/**'],
    ['link/new/file', 'outside/new/file'],
    ['**', 'project/**'],
    ['*.md', 'project/*.md'],
    ['~', 'home/**'],
    ['~/.ssh/**', 'home/.ssh/**'],
    ['~user', 'project/~user'],
    ['missing/file', 'project/missing/file'],
    [String.raw`a\*b`, String.raw`project/a\*b`],
  ])('%s → %s', (scope, expected) => {
    expect(anchor({ domain: 'fs', action: 'read', scope }, anchors).scope).toBe(
      join(base, expected).replaceAll('project/a/*b', 'project/a\\*b'),
    );
  });

  test('the root of the machine is a tree', () => {
    expect(anchor(parseCapability('fs:read:/'), anchors).scope).toBe('/**');
    expect(anchor(parseCapability('fs:read:/**'), anchors).scope).toBe('/**');
    expect(anchor(parseCapability('fs:read:../../../../../../../../../../../..'), anchors).scope).toBe('/**');
  });

  test.each(['docs/*/../x', '**/..', '/*/../etc'])('%s is refused: up after a wildcard', (scope) => {
    expect(() => anchor({ domain: 'fs', action: 'read', scope }, anchors)).toThrow(
      expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }),
    );
  });

  test('only file scopes are paths', () => {
    for (const text of ['proc:exec:~', 'env:read:../A', 'tool:call:docs', 'fs:read'])
      expect(printCapability(anchor(parseCapability(text), anchors))).toBe(text);
  });

  test('to anchor again changes nothing', () => {
    fc.assert(
      fc.property(
        globText.filter((text) => text !== ''),
        (scope) => {
          const once = anchor({ domain: 'fs', action: 'read', scope }, anchors);
          expect(anchor(once, anchors)).toEqual(once);
        },
      ),
    );
  });

  test.each(['a*b', 'a?b', String.raw`a\b`, '[ab]', 'ü ~'])('a project in a folder named %s grants nothing beside it', (name) => {
    const root = join(base, name);
    mkdirSync(join(root, 'docs'), { recursive: true });
    const grant = anchor(parseCapability('fs:read:docs/**'), anchorsOf(root));
    const at = (path: string): Capability => ({ domain: 'fs', action: 'read', scope: path.replaceAll(/[\\*?]/g, String.raw`\$&`) });
    expect(implies(grant, at(join(root, 'docs/x')))).toBe(true);
    expect(implies(grant, at(join(base, 'aXb/docs/x')))).toBe(false);
    expect(implies(anchor(parseCapability('fs:read'), anchorsOf(root)), at(join(root, 'docs/x')))).toBe(true);
  });

  test('a symlink loop is taken as a name', () => {
    expect(() => anchor(parseCapability('fs:read:loop/**'), anchors)).not.toThrow(TypeError);
  });
});
