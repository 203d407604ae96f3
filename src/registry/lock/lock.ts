import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { LockEntry, LockFile } from '../../manifest/lock-file.ts';
import { problemsError, toProblem } from '../../manifest/problems.ts';
import { readTextFile } from '../../manifest/read.ts';
import type { Tool } from '../../manifest/tool.ts';
import { type Covers, type Difference, difference, differences, isSame, own } from './compare.ts';
import { lockEntry } from './entry.ts';
import { lockOf, printLock, writeLock } from './write.ts';

/** Bytes: 20,000 tools as toka writes them. */
const MAX_BYTES = 16 * 1024 ** 2;

/** A tool that is not as the lock of its project says. */
export interface Drift {
  /** The lock file. */
  readonly file: string;
  readonly difference: Difference;
  /** As it is. */
  readonly found: LockEntry;
}

/** The lock of a project. Every look at it throws TOKA_LOCK_INVALID and TOKA_LOCK_VERSION. */
export interface Lock {
  readonly file: string;
  /** The project's root. */
  readonly root: string;
  /** What it says; undefined where there is none. */
  read(): Promise<LockFile | undefined>;
  /** How a tool, whose code has this digest, stands to it. */
  standing(tool: Tool, code: string | undefined): Promise<'none' | 'same' | Drift>;
  /** What is otherwise than it says; without a lock everything is added. */
  differences(found: Readonly<Record<string, LockEntry>>): Promise<Difference[]>;
  /** Makes it say this, and nothing else; false where it does so to the letter. Throws TOKA_FS_FAILED. */
  write(found: Readonly<Record<string, LockEntry>>): Promise<boolean>;
  /** Makes it say this of one tool. Throws TOKA_FS_FAILED. */
  update(tool: string, found: LockEntry): Promise<void>;
}

/** What was read: as toka writes it, members are checked only once they are needed. */
interface Content {
  readonly stamp: string;
  readonly text: string;
  readonly tools: Readonly<Record<string, unknown>>;
  checked(): Promise<LockFile>;
}

/**
 * Opens the lock of a project. Nothing is read before it is asked for; a file that has not changed is read once.
 *
 * @param root The project's.
 */
export function openLock(root: string, covers: Covers): Lock {
  const file = join(root, 'toka.lock');
  let known: Content | undefined;
  const content = async (): Promise<Content | undefined> => {
    const stamp = stampOf(file);
    if (stamp === undefined) return undefined;
    if (known?.stamp !== stamp) known = await load(file, stamp);
    return known;
  };
  const read = async (): Promise<LockFile | undefined> => (await content())?.checked();
  return {
    file,
    root,
    read,
    async standing(tool, code) {
      const held = await content();
      if (!held) return 'none';
      const found = lockEntry(tool, root, code);
      if (isSame(own(held.tools, tool.qualified), found)) return 'same';
      const { tools } = await held.checked();
      const changed = difference(tool.qualified, own(tools, tool.qualified), found, covers);
      return changed ? { file, difference: changed, found } : 'same';
    },
    differences: async (found) => differences((await read())?.tools ?? {}, found, covers),
    async write(found) {
      const text = printLock(lockOf(found));
      if ((await content())?.text === text) return false;
      writeLock(file, text);
      return true;
    },
    async update(tool, found) {
      writeLock(file, printLock(lockOf({ ...(await read())?.tools, [tool]: found })));
    },
  };
}

/** A link could lead anywhere, and what a message shows of a file with it. */
function stampOf(file: string): string | undefined {
  let stat;
  try {
    stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(file, String((cause as NodeJS.ErrnoException).code));
  }
  if (!stat) return undefined;
  if (!stat.isFile()) throw unreadable(file, stat.isSymbolicLink() ? 'a symbolic link' : stat.isDirectory() ? 'a folder' : 'something else');
  return `${stat.mtimeNs}-${stat.ctimeNs}-${stat.size}-${stat.ino}`;
}

function unreadable(file: string, found: string): TokaError {
  return problemsError('TOKA_LOCK_INVALID', file, [toProblem({ path: [], code: 'unreadable', expected: 'a regular file', found })]);
}

async function load(file: string, stamp: string): Promise<Content> {
  const read = readTextFile(file, MAX_BYTES);
  if ('issue' in read) throw problemsError('TOKA_LOCK_INVALID', file, [toProblem(read.issue)]);
  // What git makes of line ends is no change.
  const text = read.text.includes('\r') ? read.text.replaceAll('\r\n', '\n') : read.text;
  const value = asWritten(text);
  const parse = async (): Promise<typeof import('../../manifest/load-lock.ts')> => import('../../manifest/load-lock.ts');
  if (value) return { stamp, text, tools: value.tools, checked: async () => (await parse()).checkLock(value, file, text) };
  const parsed = (await parse()).parseLock(text, file);
  return { stamp, text, tools: parsed.tools, checked: async () => parsed };
}

/**
 * The value of a lock that is, to the letter, as toka writes it. So no key comes twice and nothing stands where a reader would not look for it,
 * which `JSON.parse` alone would let pass.
 */
function asWritten(text: string): LockFile | undefined {
  // A key that checks pass over.
  if (text.includes('"__proto__"')) return undefined;
  try {
    const value = JSON.parse(text) as Partial<LockFile>;
    const isLock = (value.lockVersion === 1 || value.lockVersion === 2) && typeof value.tools === 'object' && value.tools !== null && Object.keys(value).length === 2;
    return isLock && printLock(value as LockFile) === text ? (value as LockFile) : undefined;
  } catch {
    return undefined;
  }
}
