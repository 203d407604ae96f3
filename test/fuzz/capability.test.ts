import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { glob, isSubset, matches, overlaps } from '../../src/capability/glob.ts';
import { anchor, parseCapability } from '../../src/capability/grammar.ts';
import { anyCharacter } from '../support/any-character.ts';

const hostile = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc
    .array(
      fc.constantFrom('*', '**', '?', '/', '/**', '/**/', '..', '.', '~', '\\', '{', '}', ':', 'a', '\u0000', '😀', '\ud800', '%2e', '//'),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);
const CODED = { code: 'TOKA_CAPABILITY_INVALID' };

/** What the call gives; `undefined` where it refused with its code. */
function tried<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    expect(error).toMatchObject(CODED);
    return undefined;
  }
}

describe('hostile scopes', () => {
  test('are compiled or refused', () => {
    fc.assert(
      fc.property(hostile, hostile, (pattern, text) => {
        const compiled = tried(() => glob(pattern));
        if (compiled) expect(typeof matches(compiled, text)).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  test('are compared in bounded time, and a subset overlaps what it is in', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const [a, b] = [tried(() => glob(one)), tried(() => glob(other))];
        if (!a || !b) return;
        const subset = tried(() => isSubset(a, b));
        const meets = tried(() => overlaps(a, b));
        if (a.literal) expect([subset, meets]).toEqual([matches(b, a.prefix), matches(b, a.prefix)]);
      }),
      { numRuns: 3000 },
    );
  });

  test('never reach above the root of the machine, nor out of it by ..', () => {
    const anchors = { root: '/p', home: '/h', realPath: (path: string) => path, isFolder: () => false };
    fc.assert(
      fc.property(hostile, (text) => {
        const capability = tried(() => parseCapability(`fs:read:${text}`));
        const anchored = capability && tried(() => anchor(capability, anchors));
        if (!anchored) return;
        expect(anchored.scope?.startsWith('/')).toBe(true);
        expect(anchored.scope?.split('/')).not.toContain('..');
      }),
      { numRuns: 3000 },
    );
  });
});
