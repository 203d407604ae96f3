import { createHash } from 'node:crypto';
import { closeSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import reader from '../src/file-reader.ts';
import { expectFailure, failure, Project } from './support.ts';

let project: Project;
beforeEach(() => void (project = new Project()));
afterEach(() => project.remove());

const read = (params: Readonly<Record<string, unknown>>) => project.run(reader, { path: 'a.txt', ...params });
const numbers = (count: number, end = '\n') => Array.from({ length: count }, (_, index) => `line ${index + 1}${end}`).join('');

describe('file-reader by lines', () => {
  it('reads a whole file and tells all about it', async () => {
    project.put('a.txt', 'one\ntwo\n');
    expect(await read({})).toEqual({
      path: 'a.txt',
      content: 'one\ntwo\n',
      encoding: 'utf-8',
      size: 8,
      bytes: 8,
      truncated: false,
      startLine: 1,
      endLine: 2,
      totalLines: 2,
      lineEnding: 'lf',
      bom: false,
      finalNewline: true,
      sha256: createHash('sha256').update('one\ntwo\n').digest('hex'),
    });
  });

  it('reads an empty file', async () => {
    project.put('a.txt', '');
    expect(await read({})).toMatchObject({ content: '', totalLines: 0, startLine: 1, endLine: 0, truncated: false, lineEnding: 'none' });
  });

  it.each([
    [{ offset: 3, limit: 2 }, 'line 3\nline 4\n', 3, 4, true],
    [{ offset: 9, limit: 2 }, 'line 9\nline 10\n', 9, 10, false],
    [{ offset: 10 }, 'line 10\n', 10, 10, false],
    [{ offset: -2 }, 'line 9\nline 10\n', 9, 10, false],
    [{ offset: -3, limit: 1 }, 'line 8\n', 8, 8, true],
    [{ offset: -100, limit: 1 }, 'line 1\n', 1, 1, true],
    [{ offset: 0, limit: 1 }, 'line 1\n', 1, 1, true],
  ])('reads the range %j', async (range, content, startLine, endLine, truncated) => {
    project.put('a.txt', numbers(10));
    expect(await read(range)).toMatchObject({
      content,
      startLine,
      endLine,
      truncated,
      totalLines: 10,
      ...(truncated ? { nextOffset: endLine + 1 } : {}),
    });
  });

  it('counts a last line without a newline', async () => {
    project.put('a.txt', 'one\ntwo');
    expect(await read({ offset: 2 })).toMatchObject({ content: 'two', endLine: 2, totalLines: 2, finalNewline: false });
    expect(await read({ offset: -1 })).toMatchObject({ content: 'two' });
  });

  it('says how many lines there are when the offset lies beyond', async () => {
    project.put('a.txt', numbers(3));
    expectFailure(await failure(read({ offset: 4 })), 'FILE_OFFSET_BEYOND_END', '3');
  });

  it('numbers lines', async () => {
    project.put('a.txt', numbers(3));
    expect(await read({ offset: 2, lineNumbers: true })).toMatchObject({ content: '     2\tline 2\n     3\tline 3\n' });
  });

  it('keeps CRLF and the byte order mark and reports them', async () => {
    project.put('a.txt', '\uFEFFone\r\ntwo\r\n');
    expect(await read({})).toMatchObject({ content: '\uFEFFone\r\ntwo\r\n', bom: true, lineEnding: 'crlf', totalLines: 2 });
    project.put('a.txt', 'one\r\ntwo\n');
    expect(await read({})).toMatchObject({ lineEnding: 'mixed' });
  });

  it('cuts at a whole line when the bytes run out', async () => {
    project.put('a.txt', numbers(10));
    expect(await read({ maxBytes: 20 })).toMatchObject({ content: 'line 1\nline 2\n', truncated: true, nextOffset: 3, totalLines: 10 });
    expect(await read({ maxBytes: 14 })).toMatchObject({ content: 'line 1\nline 2\n', nextOffset: 3 });
  });

  it('cuts a line that is longer than the limit at a character and says where it goes on', async () => {
    project.put('a.txt', `first\n${'é'.repeat(100)}\nlast\n`);
    const cut = await read({ offset: 2, maxBytes: 51 });
    expect(cut).toMatchObject({ content: 'é'.repeat(25), bytes: 50, truncated: true, nextByteOffset: 56 });
    expect(await read({ byteOffset: 56, byteLimit: 150 })).toMatchObject({ content: 'é'.repeat(75), nextByteOffset: 206 });
  });

  it('reads the middle and the end of a file of 120 MB without holding it', async () => {
    const file = openSync(join(project.root, 'a.txt'), 'w');
    const block = 'x'.repeat(99).concat('\n').repeat(10_000);
    for (let index = 0; index < 120; index++) writeSync(file, block);
    writeSync(file, 'the end');
    closeSync(file);
    const before = process.memoryUsage().arrayBuffers;
    const middle = await read({ offset: 600_000, limit: 2 });
    expect(middle).toMatchObject({ startLine: 600_000, endLine: 600_001, truncated: true });
    expect(middle).not.toHaveProperty('totalLines');
    expect(await read({ offset: -1 })).toMatchObject({ content: 'the end', startLine: 1_200_001 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });

  it.each([
    ['utf-16le', [0xff, 0xfe]],
    ['utf-16be', [0xfe, 0xff]],
  ] as const)('reads %s by its byte order mark', async (encoding, mark) => {
    const text = numbers(50_000, ' 😀\r\n');
    const little = Buffer.from(text, 'utf16le');
    project.put('a.txt', Buffer.concat([Buffer.from(mark), encoding === 'utf-16le' ? little : little.swap16()]));
    const last = 'line 49999 😀\r\nline 50000 😀\r\n';
    expect(await read({ offset: 49_999 })).toMatchObject({ content: last, encoding, totalLines: 50_000 });
    expect(await read({ limit: 1 })).toMatchObject({ content: '\uFEFFline 1 😀\r\n', bom: true });
  });

  it('reads UTF-16 characters that lie across the pieces of a stream', async () => {
    const text = '😀'.repeat(200_000);
    project.put('a.txt', Buffer.from(`\uFEFF${text}`, 'utf16le'));
    const { content } = await read({ maxBytes: 1_000_000 });
    expect(content === `\uFEFF${text}`).toBe(true);
  });

  it('reads latin1 when told so', async () => {
    project.put('a.txt', Buffer.from('caf\u00e9\n', 'latin1'));
    expect(await read({ encoding: 'latin1' })).toMatchObject({ content: 'café\n' });
  });

  it.each([
    ['a NUL byte', Buffer.from('abc\0def')],
    ['an old encoding', Buffer.from('caf\u00e9', 'latin1')],
    ['an image', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['a cut UTF-8 character', Buffer.from([0x61, 0xc3])],
  ])('refuses %s and teaches the way', async (_case, bytes) => {
    project.put('a.txt', bytes);
    expectFailure(await failure(read({})), 'FILE_NOT_TEXT', 'base64');
  });

  it('gives back any text in pieces of any size', async () => {
    const line = fc.array(fc.constantFrom('a', 'é', '😀', '\r', ' '), { maxLength: 12 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), fc.integer({ min: 1, max: 5 }), async (lines, final, limit) => {
        const text = lines.join('\n') + (final ? '\n' : '');
        project.put('a.txt', text);
        let offset: number | undefined = 1;
        let whole = '';
        while (offset !== undefined) {
          const piece: Awaited<ReturnType<typeof read>> = await read({ offset, limit });
          whole += piece.content;
          offset = piece.nextOffset;
        }
        expect(whole).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});

describe('file-reader by bytes', () => {
  it.each([
    ['base64', 'AAEC/w=='],
    ['hex', '000102ff'],
  ])('reads any file in %s', async (encoding, content) => {
    project.put('a.txt', Buffer.from([0, 1, 2, 255]));
    expect(await read({ encoding })).toMatchObject({ content, bytes: 4, truncated: false });
  });

  it('reads a range and says where to go on', async () => {
    project.put('a.txt', '0123456789');
    expect(await read({ byteOffset: 2, byteLimit: 3 })).toMatchObject({
      content: '234',
      byteOffset: 2,
      bytes: 3,
      nextByteOffset: 5,
      truncated: true,
    });
    expect(await read({ byteOffset: 5, byteLimit: 5 })).toMatchObject({ content: '56789', truncated: false });
    expect(await read({ byteOffset: 50 })).toMatchObject({ content: '', truncated: false });
  });

  it('gives back any text in ranges of any size, never half a character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\n'), minLength: 1 }),
        fc.integer({ min: 4, max: 9 }),
        async (text, byteLimit) => {
          project.put('a.txt', text);
          let byteOffset: number | undefined = 0;
          let whole = '';
          while (byteOffset !== undefined) {
            const piece: Awaited<ReturnType<typeof read>> = await read({ byteOffset, byteLimit });
            whole += piece.content;
            byteOffset = piece.nextByteOffset;
          }
          expect(whole).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses lines and bytes at once', async () => {
    project.put('a.txt', 'a');
    await expect(read({ byteOffset: 1, offset: 2 })).rejects.toMatchObject({ code: 'FILE_PARAMS_CONFLICT' });
    await expect(read({ encoding: 'hex', lineNumbers: true })).rejects.toMatchObject({ code: 'FILE_PARAMS_CONFLICT' });
  });
});

describe('file-reader and what is no file', () => {
  it('names the file that was probably meant', async () => {
    project.put('docs/README.md', '');
    expectFailure(await failure(read({ path: 'docs/readme.md' })), 'TOKA_FS_NOT_FOUND', 'docs/README.md');
    expectFailure(await failure(read({ path: 'docs/REDME.md' })), 'TOKA_FS_NOT_FOUND', 'docs/README.md');
  });

  it('refuses folders and what lies outside', async () => {
    project.put('docs/a.md', '');
    symlinkSync('/etc', join(project.root, 'etc'));
    await expect(read({ path: 'docs' })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
    await expect(read({ path: 'etc/hosts' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
    await expect(read({ path: '../none' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });
});
