import { resolve } from 'node:path';
import { defineTool, type FileEntry, type ToolContext } from '@toka/sdk';
import { displayPath } from './lib/display.ts';
import { compileGlobs } from './lib/glob.ts';
import { renderTree } from './lib/tree.ts';

type Type = FileEntry['type'];

interface Item {
  path: string;
  type: Type;
  size?: number;
  modified?: string;
}

interface Result {
  path: string;
  entries: Item[];
  total: number;
  counts: Record<Type, number>;
  truncated: boolean;
  totalSize?: number;
  tree?: string;
}

export default defineTool({
  name: 'file-lister',
  summary: 'List the files and folders below a folder',
  category: 'files',
  tags: ['file', 'list', 'ls', 'find', 'glob', 'tree'],
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The folder', minLength: 1, default: '.', 'x-type': 'path', 'x-position': 1 },
      include: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Only what matches one of these globs; one without a slash is matched against the name: *.md, src/**/*.ts, *.{js,ts}',
        default: [],
      },
      exclude: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Nothing that matches, or lies in a folder that matches, one of these globs',
        default: [],
      },
      type: { type: 'string', description: 'Which entries', enum: ['any', 'file', 'directory', 'symlink'], default: 'any' },
      depth: { type: 'integer', description: 'How many levels to go down; 1: only the folder itself (default: all)', minimum: 1 },
      hidden: { type: 'boolean', description: 'Include names that start with a dot', default: false },
      gitignore: { type: 'boolean', description: 'Leave out what .gitignore files exclude', default: true },
      sizes: { type: 'boolean', description: 'Tell size and time of change of each entry', default: false },
      sort: {
        type: 'string',
        description: 'Order; size: largest first, modified: newest first',
        enum: ['path', 'size', 'modified'],
        default: 'path',
      },
      limit: { type: 'integer', description: 'How many entries to return at the most', default: 1000, minimum: 1, maximum: 100_000 },
      tree: { type: 'boolean', description: 'Draw the entries as a tree', default: false },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The folder' },
      entries: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            path: { type: 'string', description: 'Below the folder, with /' },
            type: { enum: ['file', 'directory', 'symlink', 'other'] },
            size: { type: 'integer', description: 'Bytes' },
            modified: { type: 'string', description: 'Time of the last change, ISO 8601' },
          },
          required: ['path', 'type'],
          additionalProperties: false,
        },
      },
      total: { type: 'integer', description: 'How many entries there are' },
      counts: {
        type: 'object',
        properties: { file: { type: 'integer' }, directory: { type: 'integer' }, symlink: { type: 'integer' }, other: { type: 'integer' } },
        required: ['file', 'directory', 'symlink', 'other'],
        additionalProperties: false,
        description: 'How many of each type there are',
      },
      truncated: { type: 'boolean', description: 'Whether entries leaves some out' },
      totalSize: { type: 'integer', description: 'Bytes of all files that there are' },
      tree: { type: 'string', description: 'The entries as a tree' },
    },
    required: ['path', 'entries', 'total', 'counts', 'truncated'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
  examples: [
    { description: 'The TypeScript files of src', params: { path: 'src', include: ['*.ts'], type: 'file' } },
    { description: 'Two levels as a tree', params: { path: '.', depth: 2, tree: true } },
    { description: 'The ten largest files', params: { sort: 'size', type: 'file', limit: 10 } },
  ],
  print,
  async run({ path, include, exclude, type, depth, hidden, gitignore, sizes, sort, limit, tree }, ctx): Promise<Result> {
    const isChosen = compileGlobs(include, exclude);
    const start = resolve(ctx.cwd, path);
    const prefix = start.endsWith('/') ? start.length : start.length + 1;
    const counts: Record<Type, number> = { file: 0, directory: 0, symlink: 0, other: 0 };
    const found: Item[] = [];
    for await (const entry of ctx.fs.walk(path, { gitignore, hidden, directories: true, ...(depth === undefined ? {} : { depth }) })) {
      const below = entry.path.slice(prefix).replaceAll('\\', '/');
      if ((type !== 'any' && entry.type !== type) || !isChosen(below)) continue;
      counts[entry.type]++;
      found.push({ path: below, type: entry.type });
    }
    const needsStat = sizes || sort !== 'path';
    const known = needsStat ? await addSizes(ctx, start, found) : found;
    const entries = sortItems(known, sort).slice(0, limit);
    const shown = displayPath(ctx, path);
    return {
      path: shown,
      entries,
      total: found.length,
      counts,
      truncated: entries.length < found.length,
      ...(needsStat ? { totalSize: known.reduce((sum, { type: kind, size = 0 }) => (kind === 'file' ? sum + size : sum), 0) } : {}),
      ...(tree ? { tree: renderTree(shown, entries) } : {}),
    };
  },
});

/** Adds size and time to files and folders; what is gone meanwhile, or is a symlink (it may lead anywhere), goes without. */
async function addSizes(ctx: ToolContext, start: string, items: readonly Item[]): Promise<Item[]> {
  const known: Item[] = [];
  for (const item of items) {
    const info = item.type === 'symlink' ? undefined : await ctx.fs.stat(`${start}/${item.path}`);
    known.push(info === undefined ? item : { ...item, size: info.size, modified: new Date(info.mtimeMs).toISOString() });
  }
  return known;
}

function sortItems(items: readonly Item[], sort: 'path' | 'size' | 'modified'): readonly Item[] {
  if (sort === 'path') return items;
  if (sort === 'size') return items.toSorted((a, b) => (b.size ?? -1) - (a.size ?? -1));
  return items.toSorted((a, b) => ((a.modified ?? '') > (b.modified ?? '') ? -1 : (a.modified ?? '') < (b.modified ?? '') ? 1 : 0));
}

/** The tree where it was asked for, else a path a line. */
function print({ entries, tree, truncated, total }: Result): string {
  const text = tree ?? entries.map(({ path, type }) => (type === 'directory' ? `${path}/` : path)).join('\n');
  const rest = truncated ? `… ${total} in all; raise limit to see them\n` : '';
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${rest}`;
}
