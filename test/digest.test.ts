import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digest, hexDigest } from '../src/digest.ts';
import { anyCharacter } from './support/any-character.ts';

const reference = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

test('is SHA-256 of any bytes and any text', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    expect(hexDigest(bytes)).toBe(reference(bytes));
  }));
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => {
    expect(hexDigest(text)).toBe(reference(Buffer.from(text, 'utf8')));
  }));
});

test.each([0, 55, 56, 64, 65_535, 65_536, 65_537, 1_000_000])('of %i bytes', (length) => {
  const bytes = Buffer.alloc(length, 'toka');
  expect(digest(bytes).toString('hex')).toBe(reference(bytes));
  expect(digest(bytes)).toHaveLength(32);
});
