import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unifiedDiff } from '../src/lib/diff.ts';
import writer from '../src/file-writer.ts';
import { expectFailure, failure, Project } from './support.ts';

let project: Project;
beforeEach(() => void (project = new Project()));
afterEach(() => project.remove());

const write = (params: Readonly<Record<string, unknown>>) => project.run(writer, { path: 'a.txt', ...params });

describe('file-writer', () => {
  it('makes a file with its folders, exactly as given', async () => {
    const { diff, ...rest } = await write({ path: 'new/deep/a.txt', content: 'one\r\ntwo' });
    expect(rest).toMatchObject({ path: 'new/deep/a.txt', created: true, changed: true, bytes: 8 });
    expect(diff).toContain('--- /dev/null');
    expect(project.text('new/deep/a.txt')).toBe('one\r\ntwo');
  });

  it('makes no folders when told so', async () => {
    await expect(write({ path: 'new/a.txt', content: 'x', parents: false })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
    expect(readdirSync(project.root)).toEqual([]);
  });

  it('never replaces a file unless asked', async () => {
    project.put('a.txt', 'old');
    expectFailure(await failure(write({ content: 'new' })), 'TOKA_FS_EXISTS', 'overwrite');
    expect(project.text('a.txt')).toBe('old');
    expect(await write({ content: 'new', mode: 'overwrite' })).toMatchObject({ created: false, changed: true, previousBytes: 3 });
    expect(project.text('a.txt')).toBe('new');
  });

  it.each(['create', 'overwrite', 'append'])('writes nothing in mode %s where the content is there already', async (mode) => {
    project.put('a.txt', 'same\n');
    const { mtimeMs, ino } = statSync(join(project.root, 'a.txt'));
    expect(await write({ content: 'same\n', mode })).toMatchObject({ created: false, changed: false, diff: '' });
    expect(statSync(join(project.root, 'a.txt'))).toMatchObject({ mtimeMs, ino });
  });

  it('appends, and makes the file where there is none', async () => {
    expect(await write({ content: 'one\n', mode: 'append' })).toMatchObject({ created: true });
    expect(await write({ content: 'two\n', mode: 'append' })).toMatchObject({ changed: true, bytes: 8 });
    expect(project.text('a.txt')).toBe('one\ntwo\n');
  });

  it('leaves the same behind when it runs twice, in every mode', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(fc.string()), fc.string(), fc.constantFrom('overwrite', 'append'), async (before, content, mode) => {
        if (before !== null) project.put('a.txt', before);
        await write({ content, mode });
        const once = project.bytes('a.txt');
        expect(await write({ content, mode })).toMatchObject({ changed: false });
        expect(project.bytes('a.txt').equals(once)).toBe(true);
        execFileSync('rm', [join(project.root, 'a.txt')]);
      }),
      { numRuns: 60 },
    );
  });

  it('shows the diff and writes nothing on a dry run', async () => {
    project.put('a.txt', 'one\ntwo\nthree\n');
    const { diff } = await write({ content: 'one\n2\nthree\n', mode: 'overwrite', dryRun: true });
    expect(diff).toBe('--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n');
    expect(project.text('a.txt')).toBe('one\ntwo\nthree\n');
    expect(await write({ path: 'new/b.txt', content: 'x', dryRun: true })).toMatchObject({ created: true, dryRun: true });
    expect(existsSync(join(project.root, 'new'))).toBe(false);
  });

  it('keeps the mode of a file that it replaces', async () => {
    project.put('a.sh', 'old');
    chmodSync(join(project.root, 'a.sh'), 0o755);
    await write({ path: 'a.sh', content: 'new', mode: 'overwrite' });
    expect(statSync(join(project.root, 'a.sh')).mode & 0o777).toBe(0o755);
  });

  it('writes bytes from base64, without a diff', async () => {
    const result = await write({ path: 'a.bin', content: 'AAEC/w==', encoding: 'base64' });
    expect(result).not.toHaveProperty('diff');
    expect([...project.bytes('a.bin')]).toEqual([0, 1, 2, 255]);
    await expect(write({ path: 'b.bin', content: 'not base64!', encoding: 'base64' })).rejects.toMatchObject({
      code: 'FILE_CONTENT_INVALID',
    });
  });

  it('writes only over the file that the caller has seen', async () => {
    const { sha256 } = await write({ content: 'one' });
    await write({ content: 'two', mode: 'overwrite', expectSha256: sha256.toUpperCase() });
    await expect(write({ content: 'three', mode: 'overwrite', expectSha256: sha256 })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    await expect(write({ path: 'none', content: 'x', expectSha256: sha256 })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    expect(project.text('a.txt')).toBe('two');
  });

  it('refuses what lies outside and what is no file', async () => {
    project.put('docs/a.md', '');
    await expect(write({ path: '../a.txt', content: 'x' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
    await expect(write({ path: 'docs', content: 'x', mode: 'overwrite' })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FILE' });
  });

  it('needs the right to write, not only to read', async () => {
    project.put('a.txt', 'old');
    const ctx = project.context({ allows: (action) => action === 'read' });
    await expect(project.run(writer, { path: 'a.txt', content: 'x', mode: 'overwrite' }, ctx)).rejects.toMatchObject({
      code: 'TOKA_CAPABILITY_DENIED',
    });
  });
});

describe('the diff', () => {
  const line = fc.constantFrom('a', 'b', 'c', '', ' x', '-y', '+z', 'é');
  const text = fc.tuple(fc.array(line, { maxLength: 15 }), fc.boolean()).map(([lines, final]) => lines.join('\n') + (final ? '\n' : ''));

  it('turns the old text into the new one with git apply', async () => {
    execFileSync('git', ['init', '-q', project.root]);
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        fc.pre(before !== after && before !== '' && after !== '');
        project.put('a.txt', before);
        const { diff } = await unifiedDiff('a.txt', before, after);
        execFileSync('git', ['-C', project.root, 'apply', '--whitespace=nowarn', '-'], { input: diff });
        expect(project.text('a.txt')).toBe(after);
      }),
      { numRuns: 60 },
    );
  });

  it('stays quick and true for large texts that share nothing', async () => {
    const before = Array.from({ length: 5000 }, (_, index) => `old line ${index}\n`).join('');
    const after = Array.from({ length: 5000 }, (_, index) => `new line ${index}\n`).join('');
    const { diff, diffTruncated } = await unifiedDiff('a.txt', `same\n${before}same\n`, `same\n${after}same\n`);
    expect(diffTruncated).toBe(true);
    expect(diff).toContain('@@ -1,5002 +1,5002 @@\n same\n-old line 0\n');
    execFileSync('git', ['init', '-q', project.root]);
    const shorter = Array.from({ length: 4000 }, (_, index) => `${index % 10}\n`).join('');
    project.put('a.txt', `same\n${shorter}same`);
    const small = await unifiedDiff('a.txt', `same\n${shorter}same`, `same\n${shorter.replaceAll(/\d/g, 'x')}same`);
    expect(small.diffTruncated).toBe(false);
    execFileSync('git', ['-C', project.root, 'apply', '-'], { input: small.diff });
    expect(project.text('a.txt')).toBe(`same\n${shorter.replaceAll(/\d/g, 'x')}same`);
  });
});
