import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { damaged } from '../place/failures.ts';
import { Fault } from './fault.ts';
import { type Header, PAGE_HEAD, readHeader, type Tree } from './header.ts';

const P_BRANCH = 0x01;
const P_LEAF = 0x02;
const P_OVERFLOW = 0x04;
/** Of a node: its data stand in pages of their own. */
const F_BIGDATA = 0x01;
const NODE_HEAD = 8;
/** What a node says of data in pages of their own: page, commit, how many. */
const BIG_DATA = 24;

/**
 * Looks whether LMDB can open a file at all.
 *
 * @returns Whether it may have been cut off. LMDB sometimes leaves out pages at the end that are free; only reading all pages tells.
 * @throws `STORAGE_DAMAGED`
 */
export function checkHeader(path: string, folder: string): boolean {
  const file = openSync(path, 'r');
  try {
    const { lastPage, pageSize } = readHeader(file);
    return fstatSync(file).size < (lastPage + 1) * pageSize;
  } catch (error) {
    throw error instanceof Fault ? damaged(folder, error.message) : error;
  } finally {
    closeSync(file);
  }
}

/**
 * Follows all pages from the state that was committed last. It reads the file itself: LMDB trusts its pages, and a damaged one can end the
 * process. While it does, a snapshot has to be open, so that nobody uses pages anew.
 *
 * @returns What is wrong; undefined if nothing is.
 */
export function checkPages(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    new Walk(file, readHeader(file)).all();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    if (error instanceof RangeError) return 'something in it is shorter than it can be';
    throw error;
  } finally {
    closeSync(file);
  }
}

interface Node {
  readonly key: Buffer;
  readonly flags: number;
  /** Of its data, in a leaf. */
  readonly size: number;
  readonly data: Buffer;
  /** The page below, in a branch. */
  readonly child: number;
}

type OnLeaf = (key: Buffer, data: Buffer) => void;

class Walk {
  readonly #file: number;
  readonly #header: Header;
  readonly #seen: Uint8Array;
  #count = 0;
  #entries = 0;

  constructor(file: number, header: Header) {
    this.#file = file;
    this.#header = header;
    this.#seen = new Uint8Array(header.lastPage + 1).fill(1, 0, 2);
  }

  all(): void {
    const { main, free } = this.#header;
    this.#tree(main, Buffer.compare);
    const released: Buffer[] = [];
    this.#tree(free, compareNumbers, (_key, data) => released.push(Buffer.from(data)));
    for (const list of released) this.#release(list);
  }

  #tree({ root, depth, pages, entries }: Tree, compare: (one: Buffer, other: Buffer) => number, onLeaf?: OnLeaf): void {
    [this.#count, this.#entries] = [0, 0];
    let last: Buffer | undefined;
    const follow = (page: number, level: number, bound: Buffer | undefined): void => {
      const nodes = this.#nodes(page, level === depth);
      if (bound && nodes[0] && level === depth && compare(nodes[0].key, bound) < 0) throw new Fault(`page ${page} begins before what leads to it`);
      for (const [at, node] of nodes.entries()) {
        if (level < depth) {
          follow(node.child, level + 1, at === 0 ? bound : node.key);
          continue;
        }
        if (last && compare(last, node.key) >= 0) throw new Fault(`the keys of page ${page} are out of order`);
        last = node.key;
        this.#entries++;
        const data = this.#data(page, node, onLeaf !== undefined);
        onLeaf?.(node.key, data);
      }
    };
    if (root !== undefined) follow(root, 1, undefined);
    if (this.#count !== pages || this.#entries !== entries) {
      throw new Fault(`a tree has ${this.#entries} entries in ${this.#count} pages, and its header says ${entries} in ${pages}`);
    }
  }

  #nodes(number: number, isLeaf: boolean): Node[] {
    const page = this.#page(number, 1);
    const [flags, lower, upper] = [18, 20, 22].map((at) => page.readUInt16LE(at)) as [number, number, number];
    const body = this.#header.pageSize - PAGE_HEAD;
    if (flags !== (isLeaf ? P_LEAF : P_BRANCH)) throw new Fault(`page ${number} is of another kind than its place says`);
    if (lower > upper || upper > body || lower % 2 !== 0 || lower < (isLeaf ? 2 : 4)) throw new Fault(`page ${number} says what cannot be of its space`);
    return Array.from({ length: lower / 2 }, (_, at) => this.#node(page, number, page.readUInt16LE(PAGE_HEAD + at * 2), upper, isLeaf));
  }

  #node(page: Buffer, number: number, offset: number, upper: number, isLeaf: boolean): Node {
    const start = PAGE_HEAD + offset;
    if (offset < upper || start + NODE_HEAD > page.length) throw new Fault(`page ${number} leads out of itself`);
    const [low, high, flags, keySize] = [0, 2, 4, 6].map((at) => page.readUInt16LE(start + at)) as [number, number, number, number];
    const size = low + high * 0x10000;
    if (isLeaf && (flags & ~F_BIGDATA) !== 0) throw new Fault(`page ${number} has an entry of another kind`);
    const end = start + NODE_HEAD + keySize;
    const data = page.subarray(end, end + (isLeaf ? (flags === F_BIGDATA ? BIG_DATA : size) : 0));
    if (end > page.length || (isLeaf && data.length !== (flags === F_BIGDATA ? BIG_DATA : size))) throw new Fault(`page ${number} leads out of itself`);
    return { key: page.subarray(end - keySize, end), flags, size, data, child: size + flags * 2 ** 32 };
  }

  /** Data in pages of their own are read where they are needed, and looked at in any case. */
  #data(number: number, { flags, size, data }: Node, isNeeded: boolean): Buffer {
    if (flags !== F_BIGDATA) return data;
    const [page, count] = [0, 16].map((at) => Number(data.readBigUInt64LE(at))) as [number, number];
    const needed = Math.ceil((PAGE_HEAD + size) / this.#header.pageSize);
    // More than needed: a larger value stood there before.
    if (count < needed) throw new Fault(`page ${number} has an entry of ${size} bytes in ${count} pages`);
    const head = this.#page(page, count);
    if (head.readUInt16LE(18) !== P_OVERFLOW || head.readUInt32LE(20) !== count) throw new Fault(`page ${page} is of another kind than its place says`);
    const whole = Buffer.alloc(isNeeded ? size : 0);
    this.#read(whole, page * this.#header.pageSize + PAGE_HEAD);
    return whole;
  }

  /** The first of some pages that follow one another, each of which is used in one place only. */
  #page(number: number, count: number): Buffer {
    const { lastPage, pageSize } = this.#header;
    this.#use(number, count);
    this.#count += count;
    const page = Buffer.alloc(pageSize);
    this.#read(page, number * pageSize);
    if (page.readBigUInt64LE(0) !== BigInt(number)) throw new Fault(`page ${number} says that it is another one`);
    if (count > 1 && fstatSync(this.#file).size < (number + count) * pageSize) throw new Fault(`page ${number + count - 1} of ${lastPage} is cut off`);
    return page;
  }

  #use(number: number, count: number): void {
    if (number < 2 || count < 1 || number + count - 1 > this.#header.lastPage) throw new Fault(`page ${number} does not exist`);
    if (this.#seen.subarray(number, number + count).includes(1)) throw new Fault(`page ${number} is used twice`);
    this.#seen.fill(1, number, number + count);
  }

  #read(into: Buffer, at: number): void {
    if (readSync(this.#file, into, 0, into.length, at) < into.length) throw new Fault(`page ${Math.floor(at / this.#header.pageSize)} is cut off`);
  }

  /** A list of free pages: how many numbers follow; each is a page, or, below zero, says how many begin with the next one. */
  #release(list: Buffer): void {
    const length = Number(list.readBigInt64LE(0));
    if (length < 0 || (length + 1) * 8 > list.length) throw new Fault('a list of free pages is cut off');
    for (let at = 1; at <= length; at++) {
      const found = Number(list.readBigInt64LE(at * 8));
      if (found > 0) this.#use(found, 1);
      else if (found < 0) this.#use(at < length ? Number(list.readBigInt64LE(++at * 8)) : 0, -found);
    }
  }
}

function compareNumbers(one: Buffer, other: Buffer): number {
  return Number(one.readBigUInt64LE(0) - other.readBigUInt64LE(0));
}
