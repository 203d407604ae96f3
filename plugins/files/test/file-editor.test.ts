import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import editor from '../src/file-editor.ts';
import { applyEdits, type Edit } from '../src/lib/edits.ts';
import { expectFailure, failure, Project } from './support.ts';

let project: Project;
beforeEach(() => void (project = new Project()));
afterEach(() => project.remove());

const edit = (params: Readonly<Record<string, unknown>>) => project.run(editor, { path: 'a.txt', ...params });

describe('file-editor', () => {
  it('replaces the only place', async () => {
    project.put('a.txt', 'one\ntwo\nthree\n');
    expect(await edit({ find: 'two', replace: '2' })).toMatchObject({
      changed: true,
      counts: [1],
      diff: '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n',
    });
    expect(project.text('a.txt')).toBe('one\n2\nthree\n');
  });

  it('takes the replacement as it is, whatever signs are in it', async () => {
    project.put('a.txt', 'cost: X');
    await edit({ find: 'X', replace: "$& $1 $$ \\n $'" });
    expect(project.text('a.txt')).toBe("cost: $& $1 $$ \\n $'");
  });

  it('refuses two places unless all are meant', async () => {
    project.put('a.txt', 'a\nb\na\n');
    expectFailure(await failure(edit({ find: 'a', replace: 'c' })), 'EDIT_NOT_UNIQUE', 'lines 1, 3');
    expect(project.text('a.txt')).toBe('a\nb\na\n');
    expect(await edit({ find: 'a', replace: 'c', all: true })).toMatchObject({ counts: [2] });
    expect(project.text('a.txt')).toBe('c\nb\nc\n');
  });

  it('makes all edits or none, each on the result of the one before', async () => {
    project.put('a.txt', 'one\ntwo\n');
    const edits = [
      { find: 'one', replace: 'uno' },
      { find: 'uno\ntwo', replace: 'due' },
      { insertAfter: 0, text: 'zero' },
    ];
    expectFailure(await failure(edit({ edits: [...edits, { find: 'none', replace: '' }] })), 'EDIT_NO_MATCH', 'edit 4 of 4');
    expect(project.text('a.txt')).toBe('one\ntwo\n');
    expect(await edit({ edits })).toMatchObject({ counts: [1, 1, 1] });
    expect(project.text('a.txt')).toBe('zero\ndue\n');
  });

  it('keeps CRLF, byte order mark, missing final newline and mode', async () => {
    project.put('a.txt', '\uFEFFone\r\ntwo\r\nthree');
    chmodSync(join(project.root, 'a.txt'), 0o640);
    await edit({
      edits: [
        { find: 'one\ntwo', replace: '1\n2\n2b' },
        { insertAfter: 4, text: 'four\nfive\n' },
      ],
    });
    expect(project.text('a.txt')).toBe('\uFEFF1\r\n2\r\n2b\r\nthree\r\nfour\r\nfive');
    expect(statSync(join(project.root, 'a.txt')).mode & 0o777).toBe(0o640);
  });

  it('gives what it puts in the line ends of the passage in a file that mixes them', async () => {
    project.put('a.txt', 'a\r\nb\r\nc\nd\ne\n');
    await edit({
      edits: [
        { find: 'a\nb', replace: 'A\nB' },
        { find: 'c\nd\n', replace: 'C\nD\n' },
      ],
    });
    expect(project.text('a.txt')).toBe('A\r\nB\r\nC\nD\ne\n');
  });

  it('finds a passage given with CRLF in a file with LF', async () => {
    project.put('a.txt', 'a\nb\n');
    await edit({ find: 'a\r\nb', replace: 'c\r\nd' });
    expect(project.text('a.txt')).toBe('c\nd\n');
  });

  it('edits UTF-16 and stays in it', async () => {
    project.put('a.txt', Buffer.from('\uFEFFone 😀\r\ntwo', 'utf16le'));
    await edit({ find: 'two', replace: 'zwö' });
    expect(project.bytes('a.txt').toString('utf16le')).toBe('\uFEFFone 😀\r\nzwö');
  });

  it.each([
    [0, 'new\na\nb\n'],
    [1, 'a\nnew\nb\n'],
    [2, 'a\nb\nnew\n'],
  ])('inserts lines below line %i', async (insertAfter, text) => {
    project.put('a.txt', 'a\nb\n');
    await edit({ insertAfter, text: 'new' });
    expect(project.text('a.txt')).toBe(text);
  });

  it('inserts into an empty file, and refuses a line that is not there', async () => {
    project.put('a.txt', '');
    await edit({ insertAfter: 0, text: 'new\n' });
    expect(project.text('a.txt')).toBe('new\n');
    await expect(edit({ insertAfter: 2, text: 'x' })).rejects.toMatchObject({ code: 'EDIT_LINE_OUT_OF_RANGE' });
  });

  it('shows the nearest passage when there is no match', async () => {
    project.put('a.txt', 'function one() {\n    return 1;\n}\n\nfunction two() {\n    return 2;\n}\n');
    expectFailure(
      await failure(edit({ find: 'function two() {\n  return 2;\n}', replace: '' })),
      'EDIT_NO_MATCH',
      '     6\t    return 2;',
      'lines 5-7',
    );
    expectFailure(await failure(edit({ find: 'functoin two()', replace: '' })), 'EDIT_NO_MATCH', 'lines 5-5');
    await expect(edit({ find: 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq', replace: '' })).rejects.toMatchObject({ code: 'EDIT_NO_MATCH' });
  });

  it('tells that the edit may have been made before', async () => {
    project.put('a.txt', 'one\n');
    const params = { find: 'one', replace: 'two' };
    await edit(params);
    expectFailure(await failure(edit(params)), 'EDIT_NO_MATCH', 'line 1');
  });

  it('writes nothing on a dry run or when nothing changes', async () => {
    project.put('a.txt', 'one\n');
    const { mtimeMs, ino } = statSync(join(project.root, 'a.txt'));
    const { diff, ...rest } = await edit({ find: 'one', replace: 'two', dryRun: true });
    expect(rest).toMatchObject({ changed: true, dryRun: true });
    expect(diff).toContain('+two');
    expect(await edit({ find: 'one', replace: 'one' })).toMatchObject({ changed: false, diff: '' });
    expect(statSync(join(project.root, 'a.txt'))).toMatchObject({ mtimeMs, ino });
  });

  it('edits only the file that the caller has seen', async () => {
    project.put('a.txt', 'one\n');
    const { previousSha256 } = await edit({ find: 'one', replace: 'two', dryRun: true });
    await edit({ find: 'one', replace: 'two', expectSha256: previousSha256 });
    await expect(edit({ find: 'two', replace: 'three', expectSha256: previousSha256 })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });

  it.each([
    [{}],
    [{ find: 'a' }],
    [{ insertAfter: 1 }],
    [{ find: 'a', replace: 'b', text: 'c' }],
    [{ edits: [{ find: 'a', insertAfter: 1 }] }],
    [{ find: 'a', replace: 'b', edits: [{ find: 'a', replace: 'b' }] }],
  ])('refuses %j', async (params) => {
    project.put('a.txt', 'a\n');
    await expect(edit(params)).rejects.toMatchObject({ code: 'EDIT_INVALID' });
  });

  it('refuses an empty passage, binary files, missing files and what lies outside', async () => {
    project.put('a.txt', 'a\n');
    project.put('a.bin', Buffer.from([97, 0, 98]));
    await expect(edit({ find: '', replace: 'x' })).rejects.toMatchObject({ code: 'EDIT_EMPTY_FIND' });
    await expect(edit({ path: 'a.bin', find: 'a', replace: 'b' })).rejects.toMatchObject({ code: 'FILE_NOT_TEXT' });
    expectFailure(await failure(edit({ path: 'b.txt', find: 'a', replace: 'b' })), 'TOKA_FS_NOT_FOUND', 'a.txt');
    await expect(edit({ path: '../b.txt', find: 'a', replace: 'b' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });
});

describe('edits', () => {
  const part = fc.constantFrom('a', 'b', 'ab', ' ', 'é', '😀', 'x\ty');
  const lines = fc.array(
    fc.array(part, { maxLength: 4 }).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 10 },
  );
  const ending = fc.constantFrom('\n', '\r\n');
  const replaceOne = (find: string, replace: string): Edit => ({ kind: 'replace', find, replace, all: false });

  it('are undone by the opposite edits', () => {
    fc.assert(
      fc.property(lines, ending, fc.nat(), fc.nat(), fc.array(part, { maxLength: 3 }), (all, end, from, length, parts) => {
        // A first line that no edit touches keeps telling which line ends the file has.
        const lf = ['top', ...all].join('\n');
        const start = 4 + (from % (lf.length - 3));
        // Marks that are nowhere else make both passages unique.
        const find = `§${lf.slice(start, start + (length % 8))}`;
        const replace = `¶${parts.join('\n')}¶`;
        const text = `${lf.slice(0, start)}§${lf.slice(start)}`.replaceAll('\n', end);
        const edited = applyEdits(text, [replaceOne(find, replace)], 'a').text;
        expect(edited).not.toBe(text);
        expect(applyEdits(edited, [replaceOne(replace, find)], 'a').text).toBe(text);
      }),
    );
  });

  it('change what a plain replacement of all places changes, and no line end besides', () => {
    fc.assert(
      fc.property(lines, ending, part, part, (all, end, find, replace) => {
        const lf = all.join('\n');
        fc.pre(lf.includes(find));
        const { text, counts } = applyEdits(all.join(end), [{ kind: 'replace', find, replace, all: true }], 'a');
        expect(text).toBe(lf.split(find).join(replace).replaceAll('\n', end));
        expect(counts).toEqual([lf.split(find).length - 1]);
      }),
    );
  });

  it('insert whole lines and nothing else', () => {
    fc.assert(
      fc.property(
        lines,
        ending,
        fc.boolean(),
        fc.nat(),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        (all, end, final, place, added) => {
          const text = all.join(end) + (final ? end : '');
          const before = text.split(end).slice(0, final ? -1 : undefined);
          const count = text === '' ? 0 : before.length - (!final && before.at(-1) === '' ? 1 : 0);
          fc.pre(count > 1 || text.includes(end));
          const line = place % (count + 1);
          const expected = before.toSpliced(line, 0, ...added);
          const { text: after } = applyEdits(text, [{ kind: 'insert', line, text: added.join('\n') }], 'a');
          const hadFinal = text.endsWith(end);
          expect(after).toBe(
            (hadFinal ? expected.filter((_, index) => final || index < expected.length - 1) : expected).join(end) + (hadFinal ? end : ''),
          );
        },
      ),
    );
  });

  it('keep every line end of a mixed text outside the passage', () => {
    const mixed = fc.array(fc.tuple(part, ending), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(mixed, mixed, (head, tail) => {
        const a = head.flat().join('');
        const b = tail.flat().join('');
        expect(applyEdits(`${a}§${b}`, [replaceOne('§', '¶')], 'a').text).toBe(`${a}¶${b}`);
      }),
    );
  });
});
