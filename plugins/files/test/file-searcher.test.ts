import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import searcher from '../src/file-searcher.ts';
import { expectFailure, failure, Project } from './support.ts';

let project: Project;
beforeEach(() => void (project = new Project()));
afterEach(() => project.remove());

const search = (params: Readonly<Record<string, unknown>>) => project.run(searcher, params);
const places = async (params: Readonly<Record<string, unknown>>) =>
  (await search(params)).matches.map(({ path, line, column }) => `${path}:${line}:${column}`);

describe('file-searcher', () => {
  it('finds a text with line, columns and length', async () => {
    project.put('a.txt', 'no\nsay 😀é TODO and TODO\n');
    expect(await search({ pattern: 'TODO' })).toEqual({
      matches: [{ path: 'a.txt', line: 2, column: 9, byteColumn: 12, length: 4, text: 'say 😀é TODO and TODO', more: 1 }],
      files: [{ path: 'a.txt', lines: 1 }],
      filesSearched: 1,
      filesMatched: 1,
      linesMatched: 1,
      skippedBinary: 0,
      skippedUnreadable: 0,
      truncated: false,
    });
  });

  it('says in its text how many files it could not read', () => {
    const result = { matches: [], files: [], filesSearched: 1, filesMatched: 0, linesMatched: 0, skippedBinary: 0, skippedUnreadable: 2, truncated: false };
    expect(searcher.print?.(result)).toContain('2 files');
  });

  it('takes a text literally', async () => {
    project.put('a.txt', 'a.b\naxb\n(x+x+)+y\n');
    expect(await places({ pattern: 'a.b' })).toEqual(['a.txt:1:1']);
    expect(await places({ pattern: '(X+', case: 'ignore' })).toEqual(['a.txt:3:1']);
  });

  it.each([
    [{ pattern: 'straße' }, ['a.txt:2:1']],
    [{ pattern: 'STRASSE', case: 'ignore' }, []],
    [{ pattern: 'éa', case: 'ignore' }, ['a.txt:1:1', 'a.txt:3:1']],
    [{ pattern: 'éa', case: 'smart' }, ['a.txt:1:1', 'a.txt:3:1']],
    [{ pattern: 'Éa', case: 'smart' }, ['a.txt:3:1']],
    [{ pattern: 'É[a-z]', case: 'ignore', regex: true }, ['a.txt:1:1', 'a.txt:3:1']],
  ])('folds case as %j says', async (params, expected) => {
    project.put('a.txt', 'éa\nstraße\nÉa\n');
    expect(await places(params)).toEqual(expected);
  });

  it('finds whole words, also beside letters outside ASCII', async () => {
    project.put('a.txt', 'cat\nconcat\ncat_\ncaté\n(cat)\nthe cat sat\n');
    expect(await places({ pattern: 'cat', word: true })).toEqual(['a.txt:1:1', 'a.txt:5:2', 'a.txt:6:5']);
    expect(await places({ pattern: 'c[a]t', word: true, regex: true })).toEqual(['a.txt:1:1', 'a.txt:4:1', 'a.txt:5:2', 'a.txt:6:5']);
  });

  it('shows lines around, within the file', async () => {
    project.put('a.txt', '1\n2\n3 x\n4\n5\n6 x');
    const { matches } = await search({ pattern: 'x', context: 2 });
    expect(matches).toMatchObject([
      { line: 3, before: ['1', '2'], after: ['4', '5'] },
      { line: 6, before: ['4', '5'] },
    ]);
    expect(matches[1]).not.toHaveProperty('after');
    expect((await search({ pattern: '1', after: 1, context: 5 })).matches).toMatchObject([{ after: ['2'] }]);
  });

  it('leaves CR out of lines and lets $ match before it', async () => {
    project.put('a.txt', 'one\r\ntwo\r\n');
    expect((await search({ pattern: 'e$', regex: true })).matches).toMatchObject([{ text: 'one', line: 1 }]);
  });

  it('searches every kind of text: byte order mark, UTF-16, invalid UTF-8, no final newline', async () => {
    project.put('bom.txt', '\uFEFFneedle');
    project.put('wide.txt', Buffer.from('\uFEFFone\r\nneedle\r\n', 'utf16le'));
    project.put('latin.txt', Buffer.from('caf\u00e9 needle', 'latin1'));
    expect(await places({ pattern: 'needle' })).toEqual(['bom.txt:1:1', 'latin.txt:1:6', 'wide.txt:2:1']);
    expect(await places({ pattern: '^needle$', regex: true })).toEqual(['bom.txt:1:1', 'wide.txt:2:1']);
  });

  it('skips binary files and says how many', async () => {
    project.put('a.bin', 'needle\0');
    project.put('a.txt', 'needle');
    expect(await search({ pattern: 'needle' })).toMatchObject({ skippedBinary: 1, filesSearched: 1, linesMatched: 1 });
  });

  it('skips what it may not read, never follows symlinks', async () => {
    project.put('a.txt', 'needle');
    project.put('.env', 'needle');
    symlinkSync('a.txt', join(project.root, 'link.txt'));
    symlinkSync('/etc', join(project.root, 'etc'));
    const ctx = project.context({ allows: (_action, path) => path.startsWith(project.root) && !path.endsWith('.env') });
    expect(await project.run(searcher, { pattern: 'needle', hidden: true }, ctx)).toMatchObject({
      filesSearched: 1,
      files: [{ path: 'a.txt' }],
    });
  });

  it('chooses files by globs and .gitignore', async () => {
    for (const path of ['a.ts', 'a.js', 'lib/b.ts', 'dist/c.ts', 'test/d.ts']) project.put(path, 'x');
    project.put('.gitignore', 'dist/\n');
    expect(await places({ pattern: 'x', include: ['*.ts'], exclude: ['test'] })).toEqual(['a.ts:1:1', 'lib/b.ts:1:1']);
    expect(await places({ pattern: 'x', path: 'lib' })).toEqual(['lib/b.ts:1:1']);
    expect(await places({ pattern: 'x', path: 'a.js' })).toEqual(['a.js:1:1']);
  });

  it('stops at its limits and says so', async () => {
    project.put('a.txt', 'x\n'.repeat(10));
    project.put('b.txt', 'x\n'.repeat(10));
    expect(await search({ pattern: 'x', maxMatches: 15 })).toMatchObject({ linesMatched: 15, truncated: true });
    expect(await search({ pattern: 'x', maxMatches: 20 })).toMatchObject({ linesMatched: 20, truncated: false });
    expect(await search({ pattern: 'x', maxPerFile: 3 })).toMatchObject({ files: [{ lines: 3 }, { lines: 3 }], truncated: true });
    expect(await search({ pattern: 'x', show: 'files' })).toMatchObject({
      matches: [],
      files: [{ path: 'a.txt' }, { path: 'b.txt' }],
      truncated: false,
    });
    expect(await search({ pattern: 'x', show: 'files', maxMatches: 1 })).toMatchObject({ files: [{ path: 'a.txt' }], truncated: true });
  });

  it('cuts long lines around the match', async () => {
    project.put('a.txt', `${'a'.repeat(10_000)}needle${'b'.repeat(10_000)}`);
    const [match] = (await search({ pattern: 'needle', maxLineLength: 40 })).matches;
    expect(match).toMatchObject({ column: 10_001, textColumn: 9_991, text: `${'a'.repeat(10)}needle${'b'.repeat(24)}` });
  });

  it.each([{ pattern: '7 ' }, { pattern: '7\\s', regex: true }, { pattern: 'LINE', case: 'ignore' }])(
    'searches a file of many blocks as one for %j, with context across their borders',
    async (params) => {
      const lines = Array.from({ length: 60_000 }, (_, index) => `line ${index + 1} ${'.'.repeat(200)}`);
      project.put('big.txt', lines.join('\r\n'));
      const { matches } = await search({ ...params, maxMatches: 100_000, before: 3, after: 2 });
      expect(matches.length).toBe(params.pattern === 'LINE' ? 60_000 : 6_000);
      const around = (from: number, to: number) => lines.slice(Math.max(0, from), to).join('|');
      const wrong = matches.filter(
        ({ line, text, before = [], after = [] }) =>
          text !== lines[line - 1] || before.join('|') !== around(line - 4, line - 1) || after.join('|') !== around(line, line + 2),
      );
      expect(wrong).toEqual([]);
    },
  );

  it('does not hang on a pattern that makes other engines hang', async () => {
    project.put('a.txt', `${'x'.repeat(50_000)}\n`);
    expect(await search({ pattern: '(x+x+)+y', regex: true })).toMatchObject({ linesMatched: 0 });
  });

  it.each(['(', '(?=x)', '(a)\\1'])('refuses the pattern %s', async (pattern) => {
    expectFailure(await failure(search({ pattern, regex: true })), 'SEARCH_PATTERN_INVALID', 'RE2');
  });

  it('refuses a pattern over several lines, missing paths and what lies outside', async () => {
    await expect(search({ pattern: 'a\nb' })).rejects.toMatchObject({ code: 'SEARCH_PATTERN_INVALID' });
    await expect(search({ pattern: 'a', path: 'none' })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
    await expect(search({ pattern: 'a', path: '..' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });

  it('finds the lines that grep finds', async () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '.', '\n'), maxLength: 30 }), {
      minLength: 1,
      maxLength: 4,
    });
    const piece = fc.constantFrom('a', 'b', 'c', 'a.', 'b*', '[ab]+', '(a|c)', '^a', 'c$', 'b?', '\\.');
    await fc.assert(
      fc.asyncProperty(text, fc.array(piece, { minLength: 1, maxLength: 3 }), fc.boolean(), async (files, pieces, regex) => {
        const pattern = pieces.join('');
        const folder = join(project.root, 'run');
        mkdirSync(folder);
        for (const [index, file] of files.entries()) project.put(`run/${index}.txt`, file);
        const options = ['-rn', regex ? '-E' : '-F', '-e', pattern, '.'];
        const found = grep(folder, options)
          .map((line) => line.split(':').slice(0, 2).join(':'))
          .toSorted();
        const { matches } = await search({ pattern, path: 'run', regex });
        expect(matches.map(({ path, line }) => `./${path.slice('run/'.length)}:${line}`).toSorted()).toEqual(found);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 80 },
    );
  });
});

function grep(cwd: string, options: readonly string[]): string[] {
  try {
    return execFileSync('grep', options, { cwd, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    // 1: nothing found.
    expect((error as { status: number }).status).toBe(1);
    return [];
  }
}
