import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, has, lay, resultOf, root, run } from './support.ts';

interface Report {
  readonly items: readonly { path: string; line: number; column: number; marker: string; text: string }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly listed: number;
  readonly complete: boolean;
}

async function report(...args: string[]): Promise<Report> {
  const ended = run('bash', [fileOf('todo-report/todo-report.sh'), ...args]);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return (await resultOf('todo-report', ended)) as Report;
}

describe.skipIf(!has('bash', '--version'))('todo-report', () => {
  it('lists each marker with its place and its text', async () => {
    await lay({ 'src/a.ts': 'const a = 1;\n  // TODO: name it\n/* FIXME later */ x\n', 'b.py': '# HACK\r\n# HACK again\n' });
    expect(await report()).toEqual({
      items: [
        { path: 'b.py', line: 1, column: 3, marker: 'HACK', text: 'HACK' },
        { path: 'b.py', line: 2, column: 3, marker: 'HACK', text: 'HACK again' },
        { path: 'src/a.ts', line: 2, column: 6, marker: 'TODO', text: 'TODO: name it' },
        { path: 'src/a.ts', line: 3, column: 4, marker: 'FIXME', text: 'FIXME later */ x' },
      ].map((item) => ({ ...item, text: expect.stringContaining(item.text) as string })),
      counts: { TODO: 1, FIXME: 1, HACK: 2 },
      total: 4,
      listed: 4,
      complete: true,
      message: '4 marked comments',
    });
  });

  it('takes markers for whole words in their own case', async () => {
    await lay({ 'a.txt': 'TODOS METHODTODO todo TO_DO\nXTODO\nTODO_LIST\n(TODO)\n' });
    expect(await report()).toMatchObject({ total: 1, items: [{ line: 4, column: 2 }] });
  });

  it('counts the rest beyond the limit, and takes other markers', async () => {
    await lay({ 'a.txt': 'XXX 1\nNOTE 2\nXXX 3\nTODO 4\n' });
    expect(await report('--marker', 'XXX', '--marker', 'NOTE', '--limit', '1')).toMatchObject({
      counts: { XXX: 2, NOTE: 1 },
      total: 3,
      listed: 1,
    });
  });

  it('leaves out dependencies, builds, binary files and what the caller excludes', async () => {
    await lay({
      'node_modules/p/i.js': '// TODO',
      '.git/config': 'TODO',
      'dist/a.js': '// TODO',
      'old stuff/a.js': '// TODO',
      'a.bin': Buffer.from('TODO\0\n'),
      'deep/node_modules/a.js': '// TODO',
      'kept.js': '// TODO',
    });
    expect((await report('--exclude', 'old*')).items.map(({ path }) => path)).toEqual(['kept.js']);
  });

  it('reads one file as well as a tree, by a path relative or absolute', async () => {
    await lay({ 'src/a.ts': '// TODO' });
    expect((await report('src/a.ts')).items).toMatchObject([{ path: 'src/a.ts' }]);
    expect((await report(join(root, 'src'))).items).toMatchObject([{ path: 'src/a.ts' }]);
  });

  it('prints valid JSON whatever files are called', async () => {
    const name = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom(
            '"',
            '\\',
            '\n',
            '\t',
            '\r',
            '\u0001',
            '\u001f',
            '\u007f',
            ' ',
            '-',
            '*',
            '$',
            '`',
            "'",
            '&',
            ';',
            'ü',
            '密',
            '😀',
          ),
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
        minLength: 1,
        maxLength: 20,
      })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    let folder = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), async (odd) => {
        folder += 1;
        for (const each of odd) await lay({ [`t${folder}/${each}`]: `x TODO ${each.replaceAll(/[\r\n]/g, ' ')}\n` });
        const { items, total } = await report(`t${folder}`);
        expect(total).toBe(odd.length);
        expect(items.map(({ path }) => path).toSorted()).toEqual(odd.map((each) => `t${folder}/${each}`).toSorted());
      }),
      { numRuns: 25 },
    );
  });

  it('prints valid JSON for contents of any encoding, and cuts long lines', async () => {
    await lay({
      'latin1.txt': Buffer.concat([Buffer.from('TODO caf'), Buffer.from([0xe9, 0x22, 0x5c, 0x0a])]),
      'min.js': `${'a;'.repeat(500_000)}/* TODO ${'ü'.repeat(500)} */`,
    });
    const { items } = await report();
    expect(items.map(({ text }) => text.length < 260)).toEqual([true, true]);
    expect(items[0]?.text).toBe('TODO caf"\\');
  });

  it('takes names that a loop of symlinks, a leading dash or an empty folder bring along', async () => {
    await lay({ '-n': 'TODO\n', '--help': 'TODO\n', 'a/x': 'TODO\n' });
    await symlink('..', join(root, 'a/up'));
    await mkdir(join(root, 'empty'));
    expect(await report()).toMatchObject({ total: 3, complete: true });
    expect(await report('empty')).toMatchObject({ total: 0, items: [], complete: true });
  });

  it.skipIf(process.getuid?.() === 0)('says that it is incomplete where something cannot be read (not as root)', async () => {
    await lay({ 'open.txt': 'TODO\n', 'shut/in.txt': 'TODO\n' });
    await chmod(join(root, 'shut'), 0o000);
    const result = await report();
    await chmod(join(root, 'shut'), 0o700);
    expect(result).toMatchObject({ total: 1, complete: false });
  });

  it.each([['absent'], ['--limit', 'many'], ['--limit'], ['--marker', 'a b'], ['--frobnicate']])(
    'refuses %s %s with exit code 2',
    async (...args) => {
      await writeFile(join(root, 'a.txt'), 'TODO');
      const { status, stdout, stderr } = run('bash', [fileOf('todo-report/todo-report.sh'), ...args]);
      expect([status, stdout, stderr === '']).toEqual([2, '', false]);
    },
  );
});
