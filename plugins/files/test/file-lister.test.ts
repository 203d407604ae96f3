import { symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import lister from '../src/file-lister.ts';
import { Project } from './support.ts';

let project: Project;
beforeEach(() => {
  project = new Project();
  for (const path of ['README.md', 'src/app.ts', 'src/app.test.ts', 'src/lib/util.ts', 'docs/guide.md', 'docs/img/logo.png', '.env'])
    project.put(path, 'x');
});
afterEach(() => project.remove());

const list = (params: Readonly<Record<string, unknown>> = {}) => project.run(lister, params);
const paths = async (params: Readonly<Record<string, unknown>> = {}) => (await list(params)).entries.map(({ path }) => path);

describe('file-lister', () => {
  it('lists everything below the folder with its type', async () => {
    symlinkSync('src', join(project.root, 'link'));
    const { path, entries, total, counts, truncated } = await list();
    expect({ path, total, counts, truncated }).toEqual({
      path: '.',
      total: 11,
      counts: { file: 6, directory: 4, symlink: 1, other: 0 },
      truncated: false,
    });
    expect(entries.slice(0, 4)).toEqual([
      { path: 'README.md', type: 'file' },
      { path: 'docs', type: 'directory' },
      { path: 'docs/guide.md', type: 'file' },
      { path: 'docs/img', type: 'directory' },
    ]);
    expect(entries).toContainEqual({ path: 'link', type: 'symlink' });
  });

  it.each([
    [{ include: ['*.md'] }, ['README.md', 'docs/guide.md']],
    [{ include: ['src/**/*.ts'], exclude: ['*.test.ts'] }, ['src/app.ts', 'src/lib/util.ts']],
    [{ include: ['/src/*.{ts,js}'] }, ['src/app.test.ts', 'src/app.ts']],
    [{ exclude: ['src', 'docs/img/'], type: 'file' }, ['README.md', 'docs/guide.md']],
    [{ type: 'directory' }, ['docs', 'docs/img', 'src', 'src/lib']],
    [{ depth: 1, type: 'file', hidden: true }, ['.env', 'README.md']],
    [{ path: 'src', include: ['app*'] }, ['app.test.ts', 'app.ts']],
  ])('chooses by %j', async (params, expected) => {
    expect(await paths(params)).toEqual(expected);
  });

  it('leaves out what .gitignore excludes unless asked', async () => {
    project.put('.gitignore', 'docs\n*.test.ts\n');
    expect(await paths({ type: 'file' })).toEqual(['README.md', 'src/app.ts', 'src/lib/util.ts']);
    expect(await paths({ type: 'file', gitignore: false })).toHaveLength(6);
  });

  it('sorts by size and by time', async () => {
    project.put('src/app.ts', 'x'.repeat(50));
    // A time of whole milliseconds: rounding the others is not what this is about.
    utimesSync(join(project.root, 'src/app.ts'), 1e9, 1e9);
    const { entries, totalSize } = await list({ sort: 'size', type: 'file', limit: 1 });
    expect(entries).toMatchObject([
      { path: 'src/app.ts', size: 50, modified: new Date(1e12).toISOString() },
    ]);
    expect(totalSize).toBe(55);
    utimesSync(join(project.root, 'docs/guide.md'), 4e9, 4e9);
    expect((await paths({ sort: 'modified', type: 'file' }))[0]).toBe('docs/guide.md');
  });

  it('says that it returns less than there is', async () => {
    expect(await list({ limit: 2 })).toMatchObject({ entries: [{}, {}], total: 10, truncated: true });
  });

  it('draws a tree', async () => {
    const { tree } = await list({ tree: true, exclude: ['docs'] });
    expect(`${tree}\n`).toBe(`./
├── README.md
└── src/
    ├── app.test.ts
    ├── app.ts
    └── lib/
        └── util.ts
`);
  });

  it('refuses files, missing folders and what lies outside', async () => {
    await expect(list({ path: 'README.md' })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_DIRECTORY' });
    await expect(list({ path: 'none' })).rejects.toMatchObject({ code: 'TOKA_FS_NOT_FOUND' });
    await expect(list({ path: '..' })).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });
});
