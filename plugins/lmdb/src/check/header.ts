import { readSync } from 'node:fs';
import { Fault } from './fault.ts';

/** What LMDB (mdb.c, data version 2) keeps of a tree. */
export interface Tree {
  readonly depth: number;
  readonly pages: number;
  readonly entries: number;
  /** Its page; undefined for an empty tree. */
  readonly root: number | undefined;
}

/** The state that was committed last. */
export interface Header {
  readonly pageSize: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly commit: number;
}

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const P_META = 0x08;
/** MDB_INTEGERKEY: of the tree of free pages. */
const FREE_FLAGS = 0x08;
const NO_PAGE = 2n ** 64n - 1n;
const MOST_BYTES = 2n ** 46n;
const MOST_DEPTH = 32;

/** Of a page's own header. */
export const PAGE_HEAD = 24;
const TREE = 48;
const [VERSION_AT, MAP_AT, FREE_AT] = [4, 16, 24].map((at) => PAGE_HEAD + at) as [number, number, number];
const MAIN_AT = FREE_AT + TREE;
const LAST_AT = MAIN_AT + TREE;
const COMMIT_AT = LAST_AT + 8;
const END = COMMIT_AT + 8;

/** @throws Fault if it is not the beginning of a file of LMDB, or one that would lead LMDB astray. */
export function readHeader(file: number): Header {
  const first = readMeta(file, 0);
  const second = readMeta(file, first.pageSize);
  if (first.pageSize !== second.pageSize) throw new Fault('its two headers differ in the size of pages');
  return first.commit > second.commit ? first : second;
}

function readMeta(file: number, at: number): Header {
  const bytes = readTwice(file, at);
  if (bytes.readUInt32LE(PAGE_HEAD) !== MAGIC || (bytes.readUInt16LE(18) & P_META) === 0) throw new Fault('it is no file of LMDB');
  if ((bytes.readUInt32LE(VERSION_AT) & 0xffff) !== VERSION) throw new Fault('it has another format of LMDB');
  const header = {
    pageSize: bytes.readUInt32LE(FREE_AT),
    free: treeAt(bytes, FREE_AT),
    main: treeAt(bytes, MAIN_AT),
    lastPage: pageNumber(bytes, LAST_AT),
    commit: pageNumber(bytes, COMMIT_AT),
  };
  const map = bytes.readBigUInt64LE(MAP_AT);
  const isSound =
    Number.isInteger(Math.log2(header.pageSize)) &&
    header.pageSize >= 256 &&
    header.pageSize <= 65_536 &&
    bytes.readUInt16LE(FREE_AT + 4) === FREE_FLAGS &&
    bytes.readUInt16LE(MAIN_AT + 4) === 0 &&
    map <= MOST_BYTES &&
    BigInt(header.lastPage + 1) * BigInt(header.pageSize) <= MOST_BYTES &&
    [header.free, header.main].every(({ root, depth }) => (root === undefined ? depth === 0 : root > 1 && root <= header.lastPage && depth > 0 && depth <= MOST_DEPTH));
  if (!isSound) throw new Fault('its header says what cannot be');
  return header;
}

/** Until both times give the same: another process may just be writing it. */
function readTwice(file: number, at: number): Buffer {
  let [before, bytes] = [readMetaAt(file, at), readMetaAt(file, at)];
  while (!before.equals(bytes)) [before, bytes] = [bytes, readMetaAt(file, at)];
  return bytes;
}

function readMetaAt(file: number, at: number): Buffer {
  const bytes = Buffer.alloc(END);
  if (readSync(file, bytes, 0, END, at) < END) throw new Fault('its header is cut off');
  return bytes;
}

function treeAt(bytes: Buffer, at: number): Tree {
  const [branches, leaves, overflow, entries] = [8, 16, 24, 32].map((field) => pageNumber(bytes, at + field)) as [number, number, number, number];
  const root = bytes.readBigUInt64LE(at + 40);
  return { depth: bytes.readUInt16LE(at + 6), pages: branches + leaves + overflow, entries, root: root === NO_PAGE ? undefined : Number(root) };
}

function pageNumber(bytes: Buffer, at: number): number {
  const found = bytes.readBigUInt64LE(at);
  if (found > BigInt(Number.MAX_SAFE_INTEGER)) throw new Fault('its header says what cannot be');
  return Number(found);
}
