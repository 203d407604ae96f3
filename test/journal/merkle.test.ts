import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendLeaf,
  completedBy,
  consistencyProof,
  EMPTY_RANGE,
  type Hash,
  inclusionProof,
  isConsistent,
  nodeHash,
  type Range,
  type ReadNode,
  readRange,
  rootByInclusion,
  rootOf,
} from '../../src/journal/merkle.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const leafOf = (entry: Uint8Array): Buffer => sha256(Buffer.from([0]), entry);

/** A tree that keeps what its leaves complete, as the journal does. */
class Grown {
  range: Range = EMPTY_RANGE;
  readonly #completed: (readonly Hash[])[] = [];

  constructor(leaves: readonly Hash[]) {
    for (const leaf of leaves) {
      const { range, nodes } = appendLeaf(this.range, leaf);
      this.range = range;
      this.#completed.push(nodes);
    }
  }

  readonly read: ReadNode = (level, index) => this.#completed[(index + 1) * 2 ** level - 1]?.[level] as Hash;

  at(size: number): { size: number; root: Hash } {
    return { size, root: rootOf(readRange(size, this.read)) };
  }

  completed(count: number): number | undefined {
    return this.#completed[count - 1]?.length;
  }
}

/** The leaves, roots and proofs that Certificate Transparency's implementations are tested with. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(bytes);
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const A = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const B = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const C = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const D = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const E = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const F = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const G = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const INCLUSION: [number, number, string[]][] = [
  [0, 1, []],
  [0, 8, [A, B, C]],
  [5, 8, [D, E, F]],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [1, 5, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', B, D]],
];
const CONSISTENCY: [number, number, string[]][] = [
  [1, 1, []],
  [1, 8, [A, B, C]],
  [6, 8, [G, E, F]],
  [2, 5, [B, D]],
  [6, 7, [G, 'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f', F]],
];

describe('the published vectors', () => {
  const tree = new Grown(ENTRIES.map(leafOf));

  test('the root of no leaf, and of one to eight', () => {
    expect(rootOf(EMPTY_RANGE)).toEqual(bytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'));
    expect(ROOTS.map((_, at) => tree.at(at + 1).root)).toEqual(ROOTS.map(bytes));
  });

  test.each(INCLUSION)('the audit path of leaf %i in a tree of %i', (index, size, proof) => {
    expect(inclusionProof(index, size, tree.read)).toEqual(proof.map(bytes));
    expect(rootByInclusion(leafOf(ENTRIES[index] ?? Buffer.of()), index, size, proof.map(bytes))).toEqual(bytes(ROOTS[size - 1] ?? ''));
  });

  test.each(CONSISTENCY)('the consistency of %i and %i leaves', (before, size, proof) => {
    expect(consistencyProof(before, size, tree.read)).toEqual(proof.map(bytes));
    expect(isConsistent(tree.at(before), tree.at(size), proof.map(bytes))).toBe(true);
  });
});

/** MTH, PATH and PROOF as RFC 9162 writes them down, over all leaves. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Hash;
  const k = naiveSplit(leaves.length);
  return sha256(Buffer.from([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function naivePath(index: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = naiveSplit(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...naivePath(index, left), naiveRoot(right)] : [...naivePath(index - k, right), naiveRoot(left)];
}

function naiveSubproof(before: number, leaves: readonly Hash[], isWhole: boolean): Hash[] {
  if (before === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  const k = naiveSplit(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (before <= k) return [...naiveSubproof(before, left, isWhole), naiveRoot(right)];
  return [...naiveSubproof(before - k, right, false), naiveRoot(left)];
}

function naiveSplit(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 70 });
const places = fc.tuple(leaves, fc.nat(), fc.nat()).map(([all, a, b]) => {
  const size = 1 + (a % all.length);
  return { all, size, index: b % size };
});

describe('for any leaves', () => {
  test('roots and proofs are those of the recursive definition, and prove what they should', () => {
    fc.assert(
      fc.property(places, ({ all, size, index }) => {
        const tree = new Grown(all);
        const [part, before] = [all.slice(0, size), index + 1];
        expect(Buffer.from(tree.at(size).root)).toEqual(Buffer.from(naiveRoot(part)));
        const path = inclusionProof(index, size, tree.read);
        expect(path).toEqual(naivePath(index, part));
        expect(rootByInclusion(all[index] as Hash, index, size, path)).toEqual(tree.at(size).root);
        const proof = consistencyProof(before, size, tree.read);
        expect(proof).toEqual(naiveSubproof(before, part, true));
        expect(isConsistent(tree.at(before), tree.at(size), proof)).toBe(true);
      }),
    );
  });

  test('a leaf completes as many nodes as are stored with it', () => {
    const tree = new Grown(Array.from({ length: 70 }, (_, at) => leafOf(Buffer.from([at]))));
    for (let count = 1; count <= 70; count++) expect(completedBy(count)).toBe(tree.completed(count));
  });

  test('a proof with any bit changed, a hash more or a hash less proves nothing', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.integer({ min: 0, max: 255 }), ({ all, size, index }, at, bit) => {
        const tree = new Grown(all);
        const before = index + 1;
        const { root } = tree.at(size);
        const path = inclusionProof(index, size, tree.read);
        const proof = consistencyProof(before, size, tree.read);
        const proves = (wrong: readonly Hash[]): boolean => Buffer.from(rootByInclusion(all[index] as Hash, index, size, wrong) ?? []).equals(root);
        const connects = (wrong: readonly Hash[]): boolean => isConsistent(tree.at(before), tree.at(size), wrong);
        expect([proves([...path, root]), proves([root, ...path])]).toEqual([false, false]);
        expect([connects([...proof, root]), connects([root, ...proof])]).toEqual([false, false]);
        if (path.length > 0) expect([proves(flip(path, at, bit)), proves(path.slice(1)), proves(path.slice(0, -1))]).toEqual([false, false, false]);
        if (proof.length > 0) expect([connects(flip(proof, at, bit)), connects(proof.slice(1)), connects(proof.slice(0, -1))]).toEqual([false, false, false]);
      }),
    );
  });

  test('a path of another place, or a leaf beyond the tree, proves nothing', () => {
    fc.assert(
      fc.property(places, fc.nat({ max: 80 }), ({ all, size, index }, other) => {
        fc.pre(other !== index);
        const tree = new Grown(all.map((leaf, at) => sha256(leaf, Buffer.from([at]))));
        const leaf = tree.read(0, index);
        const root = rootByInclusion(leaf, other, size, inclusionProof(index, size, tree.read));
        expect(root !== undefined && Buffer.from(root).equals(tree.at(size).root)).toBe(false);
      }),
    );
  });

  test('a tree does not begin with another one, nor with a larger one', () => {
    const tree = new Grown(ENTRIES.map(leafOf));
    const other = { size: 6, root: sha256() };
    expect(isConsistent(other, tree.at(8), consistencyProof(6, 8, tree.read))).toBe(false);
    expect(isConsistent(tree.at(8), tree.at(6), consistencyProof(6, 8, tree.read))).toBe(false);
    expect(isConsistent(tree.at(6), other, [])).toBe(false);
    expect(isConsistent({ size: 0, root: sha256() }, tree.at(6), [])).toBe(true);
    expect(isConsistent({ size: 0, root: sha256(sha256()) }, tree.at(6), [])).toBe(false);
  });

  test('the verifier of Sigstore finds our audit paths right, and changed ones wrong', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array(), { minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), (entries, a, b) => {
        const [size, tree] = [entries.length, new Grown(entries.map(leafOf))];
        const index = a % size;
        const hashes = inclusionProof(index, size, tree.read);
        const check = (proof: readonly Hash[]) => (): void =>
          verifyMerkleInclusion(
            { canonicalizedBody: Buffer.from(entries[index] ?? []), inclusionProof: { logIndex: String(index), hashes: proof.map(Buffer.from) } } as never,
            { logSize: BigInt(size), logHash: Buffer.from(tree.at(size).root) } as never,
          );
        expect(check(hashes)).not.toThrow();
        if (hashes.length > 0) expect(check(flip(hashes, b, b % 256))).toThrow();
      }),
    );
  });
});

test('a tree beyond 32 bits keeps its places', () => {
  const node = leafOf(Buffer.from('same'));
  // Every perfect subtree of one height is the same when all leaves are.
  const levels = [node];
  for (let level = 1; level < 45; level++) levels.push(nodeHash(levels.at(-1) as Hash, levels.at(-1) as Hash));
  const read: ReadNode = (level) => levels[level] as Hash;
  const [size, index, before] = [2 ** 44 + 2 ** 33 + 5, 2 ** 44 + 3, 2 ** 40 + 1];
  const root = rootOf(readRange(size, read));
  expect(rootByInclusion(node, index, size, inclusionProof(index, size, read))).toEqual(root);
  expect(isConsistent({ size: before, root: rootOf(readRange(before, read)) }, { size, root }, consistencyProof(before, size, read))).toBe(true);
});

function flip(hashes: readonly Hash[], at: number, bit: number): Hash[] {
  return hashes.map((hash, place) => {
    if (place !== at % hashes.length) return hash;
    const changed = Buffer.from(hash);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return changed;
  });
}
