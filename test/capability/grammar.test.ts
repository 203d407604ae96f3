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
  scopeGlob,
  showCapability,
} from '../../src/capability/grammar.ts';
import { realPathOf } from '../../src/runtime/tool-fs-locate.ts';
import { matches } from '../../src/capability/glob.ts';
import { allStrings, ENDPOINTS, endpointText, globText, scopeText } from './arbitraries.ts';
import { anyCharacter } from '../support/any-character.ts';

const KINDS = ['agent:spawn', 'env:read', 'fs:read', 'fs:write', 'model:call', 'proc:exec', 'tool:call'];
const scoped = fc.tuple(fc.constantFrom(...KINDS), scopeText).map(([kind, scope]) => `${kind}:${scope}`);
const connect = endpointText.map((endpoint) => `net:connect:${endpoint}`);
const capabilityText = fc.oneof(fc.constantFrom(...KINDS, 'net:connect'), scoped, connect);

/** What the text means, or `undefined` where it is refused with its code. */
function tried(text: string): Capability | undefined {
  try {
    return parseCapability(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'TOKA_CAPABILITY_INVALID' });
    return undefined;
  }
}

const accepted = capabilityText.map(tried).filter((each) => each !== undefined);

/** The same without what relative paths start at, which a comparison needs. */
const anchored = accepted.map((each): Capability => {
  if (each.domain !== 'fs' || each.scope === undefined) return each;
  return anchor(each, { root: '/', home: '/h', realPath: (path) => path, isFolder: () => false });
});

describe('the grammar', () => {
  test('what is printed is read back as it was', () => {
    fc.assert(
      fc.property(accepted, (capability) => {
        expect(parseCapability(printCapability(capability))).toEqual(capability);
      }),
      { numRuns: 1000 },
    );
  });

  test('what means the same prints alike', () => {
    fc.assert(
      fc.property(anchored, anchored, (a, b) => {
        const same = implies(a, b) && implies(b, a);
        // The tree of the root and everything are the same; both are written.
        fc.pre(a.scope !== '/**' && b.scope !== '/**');
        expect([printCapability(a), printCapability(b), same]).toEqual([printCapability(a), printCapability(b), printCapability(a) === printCapability(b)]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['net:connect:API.GitHub.com.:443', 'net:connect:api.github.com:443'],
    ['net:connect:example.org:*', 'net:connect:example.org'],
    ['net:connect:*', 'net:connect'],
    ['net:connect:*:*', 'net:connect'],
    ['net:connect:bücher.example', 'net:connect:xn--bcher-kva.example'],
    ['net:connect:[::FFFF:10.0.0.1]:80', 'net:connect:10.0.0.1:80'],
    ['env:read:**', 'env:read'],
    ['tool:call:file-*?', 'tool:call:file-?*'],
    ['tool:call:**/*/x', 'tool:call:*/*/**/x'],
    ['fs:read:/a/**/*', 'fs:read:/a/*/**'],
    ['fs:read:**/*', 'fs:read:*/**'],
    ['fs:read:**', 'fs:read:**'],
    ['fs:read:{a}: b/ü,*', 'fs:read:{a}: b/ü,*'],
    [String.raw`proc:exec:/opt/a\*b`, String.raw`proc:exec:/opt/a\*b`],
    [String.raw`tool:call:*\**?`, String.raw`tool:call:*\*?*`],
    ['agent:spawn', 'agent:spawn'],
  ])('%s is %s', (text, expected) => {
    expect(printCapability(parseCapability(text))).toBe(expected);
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
    'net:connect:',
    'net:connect:::1:443',
    'net:connect:2130706433',
    'net:connect:0177.0.0.1:80',
    'net:connect:api-*.example.org:443',
    'net:connect:example.org:80-90',
    'fs:read:a**',
    'fs:read:***',
    'fs:read:**/**',
    String.raw`fs:read:a\b`,
    String.raw`fs:read:a\/**`,
    'fs:read:a\\',
    'filesystem-read',
    'git-access:x',
  ])('%j is refused', (text) => {
    expect(() => parseCapability(text)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });

  test.each([
    ['a letter of another script in the name of a variable', 'env:read:РATH'],
    ['in that of a tool', 'tool:call:file-reаder'],
    ['in that of a model', 'model:call:аnthropic/*'],
    ['a full-width letter', 'env:read:ＰＡＴＨ'],
    ['a zero-width space in a path', 'fs:read:docs\u200b/**'],
    ['a change of direction in a path', 'fs:read:docs/\u202egpj.exe'],
    ['a soft hyphen in a program', 'proc:exec:gi\u00adt'],
    ['a line separator', 'fs:read:a\u2028b'],
    ['half a surrogate', 'fs:read:a\ud800'],
    ['a byte order mark', 'fs:read:\ufeffdocs'],
    ['a control of the second set', 'fs:read:a\u009bb'],
    ['a tag', 'fs:read:a\u{e0041}b'],
  ])('what cannot be told from another is refused: %s', (_, text) => {
    expect(() => parseCapability(text)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });

  test.each([
    ['fs:read:/p/раypal/**', 'fs:read:/p/раypal/** (with Cyrillic letters)'],
    ['proc:exec:/opt/ｇｉｔ', 'proc:exec:/opt/ｇｉｔ (with letters in unusual forms)'],
    ['fs:read:/p/Übung', 'fs:read:/p/Übung'],
    ['fs:read:/p/文書', 'fs:read:/p/文書'],
  ])('what may look like another is shown with a word on it: %s', (text, expected) => {
    expect(showCapability(parseCapability(text))).toBe(expected);
  });

  test('whatever is given, there is a capability or a coded error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyCharacter }), capabilityText.map((text) => `${text}\\`), fc.string().map((text) => `fs:read:${text}`)), (text) => {
        const capability = tried(text);
        if (capability) expect(parseCapability(printCapability(capability))).toEqual(capability);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('implies', () => {
  const parse = parseCapability;

  test.each([
    ['fs:read', 'fs:read:/a', true],
    ['fs:read:/a', 'fs:read', false],
    ['fs:read:/**', 'fs:read', true],
    ['fs:read:/a/**', 'fs:read', false],
    ['fs:write:/a/**', 'fs:read:/a/b', false],
    ['fs:read:/a/**', 'fs:write:/a/b', false],
    ['fs:read:/a/**', 'fs:read:/a', true],
    ['fs:read:/a/**', 'fs:read:/ab', false],
    ['proc:exec:git', 'proc:exec:git', true],
    ['proc:exec:git*', 'proc:exec:git', true],
    ['proc:exec:git', 'proc:exec:/usr/bin/git', false],
    ['tool:call:file-*', 'tool:call:file-reader', true],
    ['env:read:GITHUB_*', 'env:read:GITHUB_TOKEN', true],
    ['net:connect:*:443', 'net:connect:example.org:443', true],
    ['net:connect:*:443', 'net:connect:example.org', false],
    ['net:connect:*:443', 'net:connect:[::1]:443', true],
    ['net:connect', 'net:connect:*:443', true],
    ['net:connect:*:443', 'net:connect', false],
    ['net:connect:example.org', 'net:connect:example.org:443', true],
    ['net:connect:example.org:443', 'net:connect:example.org', false],
    ['net:connect:EXAMPLE.org.:443', 'net:connect:example.org:443', true],
    ['net:connect:*.example.org:443', 'net:connect:example.org:443', false],
    ['net:connect:*.example.org:443', 'net:connect:a.b.example.org:443', true],
    ['net:connect:*.example.org', 'net:connect:evilexample.org', false],
    ['net:connect:*.example.org', 'net:connect:*.api.example.org:443', true],
    ['net:connect:127.0.0.1', 'net:connect:[::ffff:127.0.0.1]:80', true],
    ['net:connect:xn--bcher-kva.example', 'net:connect:BÜCHER.example:443', true],
  ])('%s implies %s: %s', (grant, need, expected) => {
    expect(implies(parse(grant), parse(need))).toBe(expected);
  });

  test('a partial order; what implies something intersects it', () => {
    fc.assert(
      fc.property(anchored, anchored, anchored, (a, b, c) => {
        expect(implies(a, a)).toBe(true);
        if (implies(a, b) && implies(b, c)) expect(implies(a, c)).toBe(true);
        if (implies(a, b)) expect(intersects(a, b)).toBe(true);
        expect(intersects(a, b)).toBe(intersects(b, a));
      }),
      { numRuns: 2000 },
    );
  });

  test('agrees with every host and port', () => {
    fc.assert(
      fc.property(connect, connect, (...texts) => {
        const [a, b] = texts.map(parse) as [Capability, Capability];
        const [inA, inB] = [a, b].map((each) => ENDPOINTS.filter((endpoint) => matches(scopeGlob(each), endpoint))) as [string[], string[]];
        expect([...texts, implies(a, b)]).toEqual([...texts, inB.every((each) => inA.includes(each))]);
        expect([...texts, intersects(a, b)]).toEqual([...texts, inB.some((each) => inA.includes(each))]);
      }),
      { numRuns: 1000 },
    );
  });

  test('agrees with every short path', () => {
    const paths = allStrings(['/', 'a', 'b'], 5).filter((path) => path.startsWith('/'));
    fc.assert(
      fc.property(anchored, anchored, (a, b) => {
        fc.pre(a.domain === 'fs' && b.domain === 'fs' && a.action === b.action);
        const [inA, inB] = [a, b].map((each) => paths.filter((path) => matches(scopeGlob(each), path))) as [string[], string[]];
        if (implies(a, b)) expect(inB.filter((path) => !inA.includes(path))).toEqual([]);
        if (inB.some((path) => inA.includes(path))) expect(intersects(a, b)).toBe(true);
      }),
      { numRuns: 600 },
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
