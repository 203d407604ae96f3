import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LockEntry } from '../../../src/manifest/lock-file.ts';
import { type Change, difference, differences, isSame } from '../../../src/registry/lock/compare.ts';

const ENTRY: LockEntry = {
  origin: 'project',
  file: 'manifests/greet.yaml',
  version: '1.0.0',
  executable: 'shell manifests/greet.sh',
  effect: 'read',
  level: 'standard',
  risk: 'low',
  capabilities: { required: ['fs:read:docs/**'], optional: ['net:connect'] },
  manifest: 'a'.repeat(64),
  code: 'b'.repeat(64),
};

const covers = (held: readonly string[], asked: string): boolean => held.some((each) => asked.startsWith(each));
const changes = (found: Partial<LockEntry>, locked: LockEntry = ENTRY): readonly Change[] => difference('project/greet', locked, { ...ENTRY, ...found }, covers)?.changes ?? [];

describe('what is called wider', () => {
  test.each<[string, Partial<LockEntry>, boolean]>([
    ['a higher effect', { effect: 'external' }, true],
    ['a lower effect', { effect: 'none' }, false],
    ['a higher level', { level: 'elevated' }, true],
    ['a lower level', { level: 'restricted' }, false],
    ['a higher risk', { risk: 'high' }, true],
    ['another capability', { capabilities: { required: ['fs:read:docs/**', 'env:read:A'], optional: ['net:connect'] } }, true],
    ['another optional capability', { capabilities: { required: ['fs:read:docs/**'], optional: ['net:connect', 'env:read:A'] } }, true],
    ['one that is part of another', { capabilities: { required: ['fs:read:docs/**'], optional: ['net:connect', 'net:connect:a.example:443'] } }, false],
    ['one capability less', { capabilities: { required: ['fs:read:docs/**'], optional: [] } }, false],
    ['one required that was optional', { capabilities: { required: ['fs:read:docs/**', 'net:connect'], optional: [] } }, false],
    ['other code', { code: 'c'.repeat(64) }, false],
  ])('%s: %j', (_what, found, wider) => {
    const all = changes(found);
    expect(all).toHaveLength(1);
    expect(all.map(({ widens }) => widens)).toEqual([wider]);
  });
});

describe('a difference', () => {
  test('is none where nothing differs, also where the order of members does', () => {
    const { code, ...rest } = ENTRY;
    expect(difference('t', { code, ...rest }, ENTRY, covers)).toBeUndefined();
    expect(difference('t', undefined, undefined, covers)).toBeUndefined();
    expect(isSame({ code, ...rest }, ENTRY)).toBe(false);
  });

  test('names code that came or went', () => {
    const { code: _code, ...without } = ENTRY;
    expect(changes({}, without).map(({ field, from }) => [field, from])).toEqual([['code', null]]);
    expect(difference('t', ENTRY, without, covers)?.changes.map(({ field, to }) => [field, to])).toEqual([['code', null]]);
  });

  test('is found for any two entries that are not the same, whatever differs, and never for the same', () => {
    const text = fc.constantFrom('a', 'b');
    const some = fc.record({
      origin: fc.constantFrom('project', 'bundled'),
      version: text,
      executable: text,
      effect: fc.constantFrom('none', 'read'),
      level: fc.constantFrom('restricted', 'standard'),
      risk: fc.constantFrom('low', 'high'),
      capabilities: fc.record({ required: fc.uniqueArray(text), optional: fc.uniqueArray(text) }),
      manifest: text,
    });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [one, two] = [a, b] as unknown as [LockEntry, LockEntry];
        const sorted = ({ capabilities: { required, optional }, ...rest }: typeof a) => ({ ...rest, required: required.toSorted(), optional: optional.filter((each) => !required.includes(each)).toSorted() });
        const isEqual = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(difference('t', one, two, covers) === undefined).toBe(isEqual);
      }),
    );
  });

  test('of two locks: by name, each once', () => {
    const all = differences({ 'p/b': ENTRY, 'p/c': ENTRY }, { 'p/a': ENTRY, 'p/c': { ...ENTRY, version: '2.0.0' } }, covers);
    expect(all.map(({ tool, kind }) => [tool, kind])).toEqual([
      ['p/a', 'added'],
      ['p/b', 'removed'],
      ['p/c', 'changed'],
    ]);
  });
});
