import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadToolManifest } from '../../../src/manifest/load.ts';
import { parseLock } from '../../../src/manifest/load-lock.ts';
import type { LockEntry } from '../../../src/manifest/lock-file.ts';
import type { Tool } from '../../../src/manifest/tool.ts';
import { codeDigest, lockEntries } from '../../../src/registry/lock/entry.ts';
import { openLock } from '../../../src/registry/lock/lock.ts';
import { lockOf, printLock } from '../../../src/registry/lock/write.ts';
import { refusalOf } from '../../manifest/support.ts';
import { here } from '../support.ts';

const compat = join(import.meta.dirname, 'compat', 'v1');
const golden = readFileSync(join(compat, 'toka.lock'), 'utf8');
const manifests = join(import.meta.dirname, '../../manifest/compat/v1');

const covers = (): boolean => false;

async function goldenTools(root: string): Promise<Tool[]> {
  cpSync(manifests, join(root, 'manifests'), { recursive: true });
  const names = ['commit-log.json', 'csv-report.yaml', 'slug.yaml', 'word-count.yaml'];
  return Promise.all(names.map(async (name) => loadToolManifest(join(root, 'manifests', name), { source: 'project', kind: 'project', root })));
}

// The files of compat/ are never changed: a lock that was once written keeps vouching for what it vouched for.
describe('a lock of version 1', () => {
  let tools: Tool[];
  let root: string;

  test('vouches for the same tools, and is written the same', async () => {
    root = here.project;
    tools = await goldenTools(root);
    writeFileSync(join(root, 'toka.lock'), golden);
    const lock = openLock(root, covers);
    for (const tool of tools) expect(await lock.standing(tool, codeDigest(tool, root))).toBe('same');
    expect(printLock(lockOf(lockEntries(tools, root)))).toBe(golden);
    expect(await lock.write(lockEntries(tools, root))).toBe(false);
  });

  test('keeps its meaning', () => {
    expect(parseLock(golden, 'toka.lock')).toEqual(JSON.parse(golden));
  });
});

test('a lock of version 2 keeps its meaning, and is written the same', () => {
  const text = readFileSync(join(import.meta.dirname, 'compat/v2/toka.lock'), 'utf8');
  const lock = parseLock(text, 'toka.lock');
  expect(lock).toEqual(JSON.parse(text));
  expect(printLock(lockOf(lock.tools))).toBe(text);
});

describe('a lock that is open', () => {
  test('is read again once it has changed, or come, or gone', async () => {
    const tools = await goldenTools(here.project);
    const [tool] = tools as [Tool];
    const lock = openLock(here.project, covers);
    const standing = async () => lock.standing(tool, codeDigest(tool, here.project));
    expect(await standing()).toBe('none');
    expect(await lock.read()).toBeUndefined();
    await lock.write(lockEntries(tools, here.project));
    expect(await standing()).toBe('same');
    await lock.write({});
    expect(await standing()).toMatchObject({ difference: { kind: 'added' } });
    const [entry] = Object.values(lockEntries([tool], here.project)) as [LockEntry];
    await lock.update(tool.qualified, entry);
    expect(await standing()).toBe('same');
    expect(Object.keys((await lock.read())?.tools ?? {})).toEqual([tool.qualified]);
  });

  test('a tool named like a member of every object is not in it', async () => {
    const [tool] = (await goldenTools(here.project)) as [Tool];
    const lock = openLock(here.project, covers);
    await lock.write({});
    const odd = { ...tool, qualified: 'constructor' };
    expect(await lock.standing(odd, codeDigest(odd, here.project))).toMatchObject({ difference: { kind: 'added' } });
  });
});

describe('whatever the text', () => {
  let entry: LockEntry;
  beforeAll(() => {
    entry = Object.values(parseLock(golden, 'toka.lock').tools)[0] as LockEntry;
  });

  /** What toka takes without looking at each member must be what the checking parser takes. */
  async function agrees(text: string): Promise<void> {
    mkdirSync(here.project, { recursive: true });
    writeFileSync(join(here.project, 'toka.lock'), text);
    const read = openLock(here.project, covers).read();
    try {
      const parsed = parseLock(text, join(here.project, 'toka.lock'));
      expect(await read).toEqual(parsed);
    } catch (error) {
      const { code, problems } = await refusalOf(() => read);
      expect([code, problems]).toEqual([(error as { code: string }).code, (error as { data?: { problems?: unknown } }).data?.problems]);
    }
  }

  test('a sound lock with a piece of it replaced is refused or read as the parser reads it', async () => {
    const piece = fc.constantFrom('', ' ', '\n', '"', '{', '}', '[', ']', ',', ':', '1', '2', '\\u0000', '"a": 1,', '"__proto__": {},', '# x', '"tools": {},', 'null', '\u202e');
    await fc.assert(
      fc.asyncProperty(fc.nat(golden.length), fc.nat(12), piece, async (at, length, text) => agrees(golden.slice(0, at) + text + golden.slice(at + length))),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
    );
  });

  test('any JSON in place of any member', async () => {
    const member = fc.constantFrom('origin', 'file', 'version', 'executable', 'effect', 'level', 'risk', 'capabilities', 'manifest', 'code', 'more');
    await fc.assert(
      fc.asyncProperty(member, fc.jsonValue(), async (name, value) => {
        await agrees(`${JSON.stringify({ lockVersion: 1, tools: { 'project/x': { ...entry, [name]: value } } }, undefined, 2)}\n`);
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
    );
  });
});
