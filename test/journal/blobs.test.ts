import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hexDigest as digest } from '../../src/digest.ts';
import { createKeeper } from '../../src/journal/blobs.ts';

test('a small value stands in the event', () => {
  const keeper = createKeeper();
  expect(keeper.json({ path: 'README.md' })).toEqual({ inline: { path: 'README.md' } });
  expect(keeper.output(Buffer.from('grüße\n'))).toEqual({ inline: 'grüße\n' });
  expect(keeper.blobs.size).toBe(0);
});

test('a large value becomes a blob of its JSON text', () => {
  const keeper = createKeeper();
  const kept = keeper.json({ content: 'x'.repeat(20_000) });
  const text = JSON.stringify({ content: 'x'.repeat(20_000) });
  expect(kept).toEqual({ blob: digest(Buffer.from(text)), bytes: text.length });
  expect(Buffer.from(keeper.blobs.get(digest(Buffer.from(text))) ?? []).toString()).toBe(text);
});

test('output that is not UTF-8 is kept byte for byte', () => {
  const keeper = createKeeper();
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), randomBytes(10)]);
  expect(keeper.output(bytes)).toEqual({ blob: digest(bytes), bytes: 13 });
  expect(keeper.blobs.get(digest(bytes))).toEqual(Uint8Array.from(bytes));
});

test('a buffer that its owner uses again does not change what is kept', () => {
  const keeper = createKeeper();
  const bytes = Buffer.alloc(20_000, 1);
  const before = digest(bytes);
  keeper.output(bytes);
  bytes.fill(2);
  expect(digest(keeper.blobs.get(before) ?? Buffer.alloc(0))).toBe(before);
});
