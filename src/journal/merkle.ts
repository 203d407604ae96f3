import { digest } from '../digest.ts';

/** The tree of RFC 9162, section 2.1, over a growing list of leaf hashes. Pure: where the nodes stand is the caller's affair. */
export type Hash = Uint8Array;

/** SHA-256 of bytes or of a text. */
export type Hasher = (content: Uint8Array | string) => Buffer;

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** A tree as it grows: the roots of its perfect subtrees, largest first; as many as its size has ones in binary. */
export interface Range {
  readonly size: number;
  readonly peaks: readonly Hash[];
}

export const EMPTY_RANGE: Range = { size: 0, peaks: [] };

/** Gives the root of the perfect subtree over the leaves `index × 2^level` and on. */
export type ReadNode = (level: number, index: number) => Hash;

/** A node over two, `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Hash, right: Hash, hash: Hasher = digest): Buffer {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return hash(bytes);
}

/**
 * Appends a leaf.
 *
 * @param leaf Its hash, `SHA-256(0x00 ‖ entry)`.
 * @returns The tree with it, and the nodes that it completes: the leaf itself, then the root of each perfect subtree that ends with it.
 */
export function appendLeaf({ size, peaks }: Range, leaf: Hash, hash: Hasher = digest): { readonly range: Range; readonly nodes: readonly Hash[] } {
  const kept = [...peaks];
  const nodes = [leaf];
  let node = leaf;
  for (let rest = size; rest % 2 === 1; rest = half(rest)) {
    node = nodeHash(kept.pop() as Hash, node, hash);
    nodes.push(node);
  }
  kept.push(node);
  return { range: { size: size + 1, peaks: kept }, nodes };
}

/** The root of a tree. */
export function rootOf({ peaks }: Range, hash: Hasher = digest): Hash {
  if (peaks.length === 0) return hash('');
  return peaks.reduceRight((right, left) => nodeHash(left, right, hash));
}

/** How many nodes a leaf completes, itself counted: `count` is the size of the tree that ends with it. */
export function completedBy(count: number): number {
  let levels = 1;
  for (let rest = count; rest % 2 === 0; rest = half(rest)) levels += 1;
  return levels;
}

/** The tree of that size, from stored nodes. */
export function readRange(size: number, read: ReadNode): Range {
  const peaks: Hash[] = [];
  let start = 0;
  for (const level of levelsOf(size)) {
    peaks.push(read(level, start / 2 ** level));
    start += 2 ** level;
  }
  return { size, peaks };
}

/**
 * The audit path of a leaf, from its sibling up (RFC 9162, 2.1.3.1).
 *
 * @param index Of the leaf, from 0, less than `size`.
 */
export function inclusionProof(index: number, size: number, read: ReadNode): Hash[] {
  const path = (start: number, end: number): Hash[] => {
    if (end - start === 1) return [];
    const middle = start + splitOf(end - start);
    if (index < middle) return [...path(start, middle), subtree(middle, end, read)];
    return [...path(middle, end), subtree(start, middle, read)];
  };
  return path(0, size);
}

/** The proof that the tree of `size` leaves begins with the tree of `before` leaves (RFC 9162, 2.1.4.1). */
export function consistencyProof(before: number, size: number, read: ReadNode): Hash[] {
  const prove = (start: number, end: number, isWhole: boolean): Hash[] => {
    if (before === end) return isWhole ? [] : [subtree(start, end, read)];
    const middle = start + splitOf(end - start);
    if (before <= middle) return [...prove(start, middle, isWhole), subtree(middle, end, read)];
    return [...prove(middle, end, false), subtree(start, middle, read)];
  };
  return before === 0 || before === size ? [] : prove(0, size, true);
}

/** What an audit path leads to from a leaf (RFC 9162, 2.1.3.2); undefined where it is not a path of that place. */
export function rootByInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[]): Hash | undefined {
  if (index >= size) return undefined;
  let [place, last, root] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      root = nodeHash(sibling, root);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      root = nodeHash(root, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 ? root : undefined;
}

/** One state of a tree: how many leaves, and the root over them. */
export interface Tree {
  readonly size: number;
  readonly root: Hash;
}

/** Whether a proof shows that a tree begins with another (RFC 9162, 2.1.4.2). */
export function isConsistent(before: Tree, after: Tree, proof: readonly Hash[]): boolean {
  if (before.size > after.size) return false;
  if (before.size === after.size) return proof.length === 0 && equal(before.root, after.root);
  if (before.size === 0) return proof.length === 0 && equal(before.root, digest(''));
  const path = isPowerOfTwo(before.size) ? [before.root, ...proof] : proof;
  const [first, ...rest] = path;
  if (!first) return false;
  let [place, last] = [before.size - 1, after.size - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  let [old, now] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      [old, now] = [nodeHash(sibling, old), nodeHash(sibling, now)];
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      now = nodeHash(now, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && equal(old, before.root) && equal(now, after.root);
}

/** The root over leaves from `start` up to `end`, which is a subtree of the tree. */
function subtree(start: number, end: number, read: ReadNode): Hash {
  const count = end - start;
  if (isPowerOfTwo(count)) return read(Math.log2(count), start / count);
  const middle = start + splitOf(count);
  return nodeHash(subtree(start, middle, read), subtree(middle, end, read));
}

/** The largest power of two below a number from 2. */
function splitOf(count: number): number {
  return 2 ** (levelsOf(count - 1)[0] as number);
}

/** The levels of a tree's perfect subtrees, largest first. */
function levelsOf(size: number): number[] {
  const levels: number[] = [];
  for (let [rest, level] = [size, 0]; rest > 0; [rest, level] = [half(rest), level + 1]) {
    if (rest % 2 === 1) levels.unshift(level);
  }
  return levels;
}

function isPowerOfTwo(count: number): boolean {
  return levelsOf(count).length === 1;
}

/** Division by two without the bits beyond 32 getting lost. */
function half(count: number): number {
  return Math.floor(count / 2);
}

function equal(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}
