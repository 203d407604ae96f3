import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WalkOptions } from '@toka/sdk';
import { createToolFs } from '../../src/runtime/tool-fs.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-walk-')));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (base: string, files: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
};

const walk = async (start: string, options: WalkOptions = {}, allows: (path: string) => boolean = () => true) => {
  const fs = createToolFs({ cwd: root, allows: (_action, path) => allows(path) });
  const paths: string[] = [];
  for await (const { path } of fs.walk(start, options)) paths.push(relative(join(root, start), path));
  return paths;
};

describe('walk', () => {
  it('goes depth first, sorted by name', async () => {
    put(root, { 'b/z.txt': '', 'b/a.txt': '', 'a.txt': '', 'c.txt': '', 'b.txt': '' });
    expect(await walk('.')).toEqual(['a.txt', 'b/a.txt', 'b/z.txt', 'b.txt', 'c.txt']);
    expect(await walk('.', { directories: true })).toEqual(['a.txt', 'b', 'b/a.txt', 'b/z.txt', 'b.txt', 'c.txt']);
  });

  it('stops at the depth', async () => {
    put(root, { 'a/b/c/d.txt': '', 'a/b/e.txt': '', 'a/f.txt': '', 'g.txt': '' });
    expect(await walk('.', { depth: 1 })).toEqual(['g.txt']);
    expect(await walk('.', { depth: 2, directories: true })).toEqual(['a', 'a/b', 'a/f.txt', 'g.txt']);
  });

  it('leaves out hidden names unless asked, and .git with the ignored', async () => {
    put(root, { '.hidden': '', '.github/ci.yml': '', '.git/config': '', 'a.txt': '' });
    expect(await walk('.')).toEqual(['a.txt']);
    expect(await walk('.', { hidden: true })).toEqual(['.github/ci.yml', '.hidden', 'a.txt']);
    expect(await walk('.', { hidden: true, gitignore: false })).toEqual(['.git/config', '.github/ci.yml', '.hidden', 'a.txt']);
  });

  it('chooses by extension', async () => {
    put(root, { 'a.md': '', 'b.mdx': '', 'c.txt': '', 'd.md/e.txt': '', 'd.md/f.md': '' });
    expect(await walk('.', { extensions: ['.md', '.mdx'] })).toEqual(['a.md', 'b.mdx', 'd.md/f.md']);
  });

  it('yields symlinks and never follows them', async () => {
    put(root, { 'real/a.txt': '' });
    symlinkSync('.', join(root, 'loop'));
    symlinkSync('real', join(root, 'link'));
    expect(await walk('.')).toEqual(['link', 'loop', 'real/a.txt']);
  });

  it('leaves out what the grants refuse, folders with all below them', async () => {
    put(root, { '.env': '', 'a.key': '', 'a.txt': '', 'private/a.txt': '' });
    const allows = (path: string) => !/\.env$|\.key$|\/private$/.test(path);
    expect(await walk('.', { hidden: true }, allows)).toEqual(['a.txt']);
    await expect(walk('private', {}, allows)).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });

  it('counts rules above the start, up to the repository, and none beyond it', async () => {
    put(root, {
      '.gitignore': '*.txt',
      'repo/.git/HEAD': '',
      'repo/.gitignore': '*.log',
      'repo/sub/a.txt': '',
      'repo/sub/b.log': '',
      'repo/sub/.gitignore': '!c.log',
      'repo/sub/c.log': '',
    });
    expect(await walk('repo/sub')).toEqual(['a.txt', 'c.log']);
    expect(await walk('.', { gitignore: false })).toContain('repo/sub/b.log');
  });

  it('walks an ignored folder that is asked for by name', async () => {
    put(root, { '.git/HEAD': '', '.gitignore': 'build\n*.o', 'build/a.txt': '', 'build/b.o': '', 'build/build/c.txt': '' });
    expect(await walk('.')).toEqual([]);
    expect(await walk('build')).toEqual(['a.txt']);
  });

  it('does not count rules that the grants hide', async () => {
    put(root, { '.gitignore': 'a.txt', 'a.txt': '' });
    expect(await walk('.', {}, (path) => !path.endsWith('.gitignore'))).toEqual(['a.txt']);
  });

  it('stops when the run is cancelled', async () => {
    put(root, Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}.txt`, ''])));
    const controller = new AbortController();
    const fs = createToolFs({ cwd: root, allows: () => true, signal: controller.signal });
    let seen = 0;
    await expect(async () => {
      for await (const entry of fs.walk('.')) {
        seen += entry.name.length > 0 ? 1 : 0;
        controller.abort();
      }
    }).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
    expect(seen).toBeLessThan(3000);
  });

  it('lets timers run while it walks', async () => {
    put(root, Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}.txt`, ''])));
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await walk('.');
    expect(turned).toBe(true);
  });

  it('survives a tree deeper than any call stack', async () => {
    const depth = 900;
    let folder = root;
    for (let level = 0; level < depth; level++) {
      folder = `${folder}/d`;
      mkdirSync(folder);
    }
    writeFileSync(`${folder}/a.txt`, '');
    expect(await walk('.')).toHaveLength(1);
  });

  it('chooses as git does, whatever the tree and its rules', async () => {
    const name = fc.constantFrom(
      'a',
      'b',
      'c',
      'foo',
      'bar',
      'a.js',
      'b.txt',
      'B.TXT',
      'build',
      'sp ace',
      'ü.txt',
      'x[1]',
      '#h',
      '!n',
      'tail ',
    );
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const glob = fc.oneof(
      name,
      fc.constantFrom(
        '*',
        '*.js',
        '*.txt',
        'f*',
        '?',
        '**',
        '**/foo',
        'foo/**',
        'a/**/b',
        '[ab]',
        '[!a]',
        'b*r',
        '\\#h',
        '\\!n',
        'tail\\ ',
        'x\\[1\\]',
      ),
    );
    const line = fc
      .record({
        negative: fc.boolean(),
        anchored: fc.boolean(),
        parts: fc.array(glob, { minLength: 1, maxLength: 3 }),
        folder: fc.boolean(),
        end: fc.constantFrom('\n', '\r\n', '  \n', '\n\n# comment\n'),
      })
      .map(
        ({ negative, anchored, parts, folder, end }) =>
          `${negative ? '!' : ''}${anchored ? '/' : ''}${parts.join('/')}${folder ? '/' : ''}${end}`,
      );
    const rules = fc.array(line, { maxLength: 4 }).map((lines) => lines.join(''));
    const tree = fc.record({
      files: fc.array(path, { minLength: 1, maxLength: 12 }),
      ignores: fc.array(fc.tuple(fc.oneof(fc.constant('.'), path), rules), { minLength: 1, maxLength: 3 }),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, ignores }) => {
        const folder = `run-${run++}`;
        const base = join(root, folder);
        mkdirSync(base);
        execFileSync('git', ['init', '-q', base]);
        for (const file of files) tryPut(base, file, '');
        for (const [place, text] of ignores) tryPut(base, join(place, '.gitignore'), text);
        const listed = execFileSync('git', ['-C', base, '-c', 'core.excludesFile=', 'ls-files', '-z', '--others', '--exclude-standard'], {
          encoding: 'utf8',
        });
        const expected = listed
          .split('\0')
          .filter((file) => file !== '')
          .toSorted();
        expect((await walk(folder, { hidden: true })).toSorted()).toEqual(expected);
        rmSync(base, { recursive: true, force: true });
      }),
      { numRuns: Number(process.env['TOKA_WALK_RUNS'] ?? 60) },
    );
  }, 120_000);
});

/** Puts a file unless a random tree has a file where it needs a folder, or the other way round. */
function tryPut(base: string, path: string, text: string): void {
  try {
    put(base, { [path]: text });
  } catch (error) {
    expect(['EEXIST', 'ENOTDIR', 'EISDIR']).toContain((error as NodeJS.ErrnoException).code);
  }
}
