import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical, chainHash, GENESIS, leafHash } from '../../src/journal/chain.ts';

const link = { run: '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f', seq: 1, time: 1_700_000_000_000, body: '{"v":1}' };

test('the hash is SHA-256 over the previous hash and the leaf, computed here from the documented bytes', () => {
  const bytes = Buffer.from('\0toka/event/v1\n0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f\n1\n1700000000000\n{"v":1}');
  const leaf = createHash('sha256').update(bytes).digest();
  expect(leafHash(link)).toEqual(leaf);
  expect(chainHash(GENESIS, leafHash(link))).toEqual(createHash('sha256').update(Buffer.alloc(32)).update(leaf).digest());
});

test('a change of any field, or of the previous hash, changes the hash', () => {
  const hashes = [
    chainHash(GENESIS, leafHash(link)),
    chainHash(Buffer.alloc(32, 1), leafHash(link)),
    chainHash(GENESIS, leafHash({ ...link, run: link.run.replace('0', '1') })),
    chainHash(GENESIS, leafHash({ ...link, seq: 2 })),
    chainHash(GENESIS, leafHash({ ...link, time: link.time + 1 })),
    chainHash(GENESIS, leafHash({ ...link, body: '{"v":2}' })),
  ].map((hash) => hash.toString('hex'));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('two different events never have the same canonical text', () => {
  const links = fc.record({ run: fc.uuid(), seq: fc.nat(), time: fc.nat(), body: fc.json() });
  fc.assert(
    fc.property(links, links, (a, b) => {
      const same = a.run === b.run && a.seq === b.seq && a.time === b.time && a.body === b.body;
      expect(canonical(a) === canonical(b)).toBe(same);
    }),
  );
});
