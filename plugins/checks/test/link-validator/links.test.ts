import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { project } from '../documents/project.ts';
import { run } from './run.ts';

async function kinds(
  text: string,
  files: Record<string, string> = {},
  params: Parameters<typeof run>[1] = {},
  name = 'a.md',
): Promise<string[]> {
  const { findings } = await run(project({ ...files, [name]: text }), params);
  return findings
    .filter(({ path: file }) => file === name)
    .map(({ severity, kind, suggestion }) => [severity, kind, suggestion ?? ''].join(' ').trim());
}

test.each([
  ['# Ünïcödé Ça va?\n[x](#ünïcödé-ça-va) [y](#%C3%BCn%C3%AFc%C3%B6d%C3%A9-%C3%A7a-va)', []],
  ['# 日本語 見出し\n[x](#日本語-見出し)', []],
  ['# 🚀 Launch\n[x](#-launch)', []],
  ['# a `code` *em* [link](https://x.org) ![img](https://x.org/i.png) &amp; \\_b\\_\n[x](#a-code-em-link---_b_)', []],
  ['# A\n# A\n# A-1\n[x](#a-1) [y](#a-1-1)', []],
  ['> # Quoted\n\n- # Listed\n\n[x](#quoted) [y](#listed)', []],
  ['# T {#own-id}\n[x](#own-id)', []],
  ['<h2 id="Html">x</h2>\n\n[x](#Html) [y](#html)', ['warning anchor-case #Html']],
  ['[x](#none)', ['error anchor']],
  ['# A heading\n[x](#a_heading)', ['error anchor #a-heading']],
  ['# Step 1\n# Step 2\n[x](#step-3)', ['error anchor']],
  ['# Step 1\n[x](#user-content-step-1)', []],
  ['[x](b.md#:~:text=hello)', []],
  ['[x](b.md#fn-1) and [y](b.txt#anything)', []],
  ['[x](b.md "a title") [y](<b.md>) [z](./b.md?x=1)', []],
  ['[x](b%2Emd) [y](b%ZZ.md)', ['error missing']],
  ['[x](/sub/c.md) [y](/c.md)', ['error missing /sub/c.md']],
  ['[x](sub/) [y](sub/#c) [z](sub#none)', ['error anchor']],
  ['[x](b.md/)', ['error missing b.md']],
  ['![x](sub)', ['error missing']],
  ['[x](B.md) [y](SUB/c.md)', ['error case b.md', 'error case sub/c.md']],
  ['[x](sub/c.html) [y](sub/c)', ['warning extension sub/c.md', 'warning extension sub/c.md']],
  ['[x](file:///etc/motd) [y](C:\\a.md)', ['warning local', 'warning local']],
  ['[x](//example.org/x) [y](tel:1) [z](data:,x) [v](vscode://x)', []],
  ['[x](../a/../../b.md)', ['error outside']],
  ['[x](../../wiki) [y](../../releases/latest)', []],
  ['[no such][] and [b c][D]\n\n[d]: b.md', ['error undefined-reference']],
  ['m[i][j] and [a-z][0-9] and \\[x][y] and $[a b][c]$', []],
  ['- [ ][x]\n\n[//]: # (comment)\n[comment]: <> (x)', []],
  ['![x](nope.png)\n<img src="nope.png"><a href="b.md&quest;x">y</a>', ['error missing', 'error missing']],
  ['| a | b |\n|---|---|\n| [x](none.md) | `[y](none.md)` |', ['error missing']],
])('%j gives %j', async (text, expected) => {
  expect(await kinds(text, { 'b.md': '# B\n', 'b.txt': 'x', 'sub/c.md': '# C\n', 'sub/README.md': '# C\n' })).toEqual(expected);
});

test.each([
  ['src/main.ts#L1', []],
  ['src/main.ts#L2-L3', []],
  ['src/main.ts#L1C2-L3C4', []],
  ['src/main.ts#L4', ['error lines']],
  ['src/main.ts#L0', ['error lines']],
  ['src/main.ts#L3-L2', ['error lines']],
])('line anchor %s gives %j', async (destination, expected) => {
  expect(await kinds(`[x](${destination})`, { 'src/main.ts': 'a\nb\nc\n' })).toEqual(expected);
});

test('links are found in the HTML of a page, scripts and comments left out', async () => {
  const page =
    '<a href="x.md">x</a><script>"<a href=y.md>"</script><!-- <a href="y.md"> --><video poster="p.png"></video><a name=t></a><a href=#t>';
  expect(await kinds(page, {}, {}, 'a.html')).toEqual(['error missing', 'error missing']);
  expect(await kinds(`<base href="/else/">${page}`, {}, {}, 'a.html')).toEqual([]);
});

test('a symlink inside the project is followed, one that leaves it or leads nowhere is reported', async () => {
  const outside = project({ 'secret.md': '# Secret\n' });
  const root = project({
    'a.md': '[1](in.md#b) [2](out.md) [3](dangling.md) [4](loop.md) [5](dir/c.md)',
    'b.md': '# B\n',
    'real/c.md': '',
  });
  symlinkSync('b.md', path.join(root, 'in.md'));
  symlinkSync(path.join(outside, 'secret.md'), path.join(root, 'out.md'));
  symlinkSync('nowhere.md', path.join(root, 'dangling.md'));
  symlinkSync('loop.md', path.join(root, 'loop.md'));
  symlinkSync('real', path.join(root, 'dir'));
  const { findings } = await run(root);
  expect(findings.map(({ text, kind }) => [text, kind])).toEqual([
    ['out.md', 'outside'],
    ['dangling.md', 'missing'],
    ['loop.md', 'missing'],
  ]);
});

test('two names that differ in case only are two files where the file system says so', async ({ skip }) => {
  const root = project({ 'a.md': '[x](b.md#small) [y](B.md#large) ![z](B.md)', 'b.md': '# Small\n' });
  if (existsSync(path.join(root, 'B.md'))) skip('this file system ignores case');
  writeFileSync(path.join(root, 'B.md'), '# Large\n');
  expect((await run(root)).findings).toEqual([]);
});

test('a moved file is suggested only when there is one of that name, a misspelt one only when one name is nearest', async () => {
  expect(await kinds('[x](intro.md)', { 'docs/intro.md': '' })).toEqual(['error missing docs/intro.md']);
  expect(await kinds('[x](intro.md)', { 'docs/intro.md': '', 'old/intro.md': '' })).toEqual(['error missing']);
  expect(await kinds('[x](index.md)', { 'docs/index.md': '' })).toEqual(['error missing']);
  expect(await kinds('[x](instalation.md)', { 'installation.md': '' })).toEqual(['error missing installation.md']);
  expect(await kinds('[x](page-3.md)', { 'page-1.md': '' })).toEqual(['error missing']);
  expect(await kinds('[x](colour.md)', { 'colours.md': '', 'color.md': '' })).toEqual(['error missing']);
});

test('roots, ignored destinations and globs are obeyed', async () => {
  expect(await kinds('![x](/logo.png)', { 'static/logo.png': '' }, { roots: ['.', 'static'] })).toEqual([]);
  expect(await kinds('[x](gen/api.md) [y](none.md)', {}, { ignore: ['gen/**'] })).toEqual(['error missing']);
  const root = project({
    'docs/a.md': '[x](none.md)',
    'old/b.md': '[x](none.md)',
    'node_modules/p/c.md': '[x](none.md)',
    '.gitignore': 'tmp/\n',
    'tmp/d.md': '[x](none.md)',
  });
  mkdirSync(path.join(root, '.git'));
  expect((await run(root)).findings.map(({ path: file }) => file)).toEqual(['docs/a.md', 'old/b.md']);
  expect((await run(root, { exclude: ['old'] })).files).toBe(1);
  expect((await run(root, { include: ['old/**'] })).files).toBe(1);
  expect((await run(root, { path: ['node_modules/p'] })).files).toBe(1);
});

test('links to the network are counted, and following them is refused with a code', async () => {
  const root = project({ 'a.md': '<https://example.org> [x](http://example.org) ![y](//example.org/y.png) [z](a.md)' });
  expect(await run(root)).toMatchObject({ ok: true, links: 4, external: 3 });
  await expect(run(root, { external: true })).rejects.toMatchObject({ code: 'LINK_EXTERNAL_NOT_GRANTED' });
});

test('broken links fail the run unless told otherwise', async () => {
  const root = project({ 'a.md': '[x](none.md)' });
  expect(await run(root)).toMatchObject({ ok: false, code: 'LINKS_BROKEN', summary: { errors: 1 } });
  expect(await run(root, { failOn: 'never' })).toMatchObject({ ok: true });
});

test('a file that may not be read is no broken link, and one that cannot be checked is named', async () => {
  const root = project({ 'a.md': '[x](private.md)', 'private.md': '', 'binary.md': 'a\0b', 'deep.md': '['.repeat(50_000) });
  const result = await run(root, {}, { allows: (action, file) => action === 'read' && !file.endsWith('private.md') });
  expect(result.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(result.skipped.filter(({ path: file }) => file !== 'private.md')).toEqual([
    { path: 'binary.md', reason: 'binary' },
    { path: 'deep.md', reason: 'too-complex' },
  ]);
});

test('a fix touches the destination only, whatever stands around it', async () => {
  const around = fc.constantFrom(
    'Ünïcode 🚀',
    '`[x](intro.md)`',
    '[good](docs/intro.md)',
    '\\[x](y)',
    '<b title="intro.md">',
    '| a | b |',
    '> quoted',
    '- item',
    '',
  );
  const broken = fc.constantFrom(
    '[x](intro.md)',
    '![x](<intro.md> "t")',
    '<a href="intro.md?a=1&amp;b=2#intro">x</a>',
    '[x](Docs/intro.md#intro)',
    '[x](a\\(b\\).md)',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(around, broken), { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      async (parts, newline, bom) => {
        const text =
          (bom ? '\uFEFF' : '') +
          parts
            .map(([words, link]) => `${words}\n\n${link} ${words}\n`)
            .join('\n')
            .replaceAll('\n', newline);
        const root = project({ 'a.md': text, 'docs/intro.md': '# Intro\n', 'docs/a(b).md': '' });
        await run(root, { fix: 'apply' });
        const fixed = readFileSync(path.join(root, 'a.md'), 'utf8');
        const blank = (source: string): string => source.replaceAll(/(?:Docs\/|docs\/)?(?:intro\.md|a(?:\\\(|%28)b(?:\\\)|%29)\.md)/g, '@');
        expect(blank(fixed)).toBe(blank(text));
        writeFileSync(path.join(root, 'a.md'), fixed);
        expect((await run(root, { fix: 'apply' })).fixes.edits).toBe(0);
        expect((await run(root)).findings).toEqual([]);
      },
    ),
    { numRuns: 50 },
  );
});
