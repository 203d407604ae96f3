import path from 'node:path';
import { coded, type ParamsSchema, type ToolContext } from '@toka/sdk';

/** A file to check. */
export interface Selected {
  /** Absolute. */
  readonly path: string;
  /** As people see it: relative to the caller's folder, with `/`. */
  readonly name: string;
}

export interface Selection {
  readonly path: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
}

/** The parameters of a selection that both checks of documents share. */
export const selectionProperties = {
  path: {
    type: 'array',
    items: { type: 'string', 'x-type': 'path' },
    description: 'Files and folders to check',
    default: ['.'],
    'x-position': 1,
  },
  include: {
    type: 'array',
    items: { type: 'string' },
    description: 'In folders, check only files that match one of these globs',
    default: [],
  },
  exclude: {
    type: 'array',
    items: { type: 'string' },
    description: 'In folders, leave out files that match one of these globs',
    default: [],
  },
} as const satisfies ParamsSchema['properties'];

/**
 * Finds the files to check: named files as they are, folders through `.gitignore`, `node_modules` left out. Globs are matched against the
 * path from the project's root; one without a slash against the name.
 *
 * @param ctx The run's context.
 * @param selection What was asked for.
 * @returns The files, sorted, each once.
 * @throws `CHECK_PATH_NOT_FOUND` where a named path doesn't exist.
 */
export async function selectFiles(ctx: ToolContext, selection: Selection): Promise<Selected[]> {
  const included = await matcher(selection.include);
  const excluded = await matcher(selection.exclude);
  const found = new Set<string>();
  for (const given of selection.path) {
    const start = path.resolve(ctx.cwd, given);
    const info = await ctx.fs.stat(start);
    if (info === undefined)
      throw coded('CHECK_PATH_NOT_FOUND', `there is no file or folder ${shown(ctx, start)}`, {
        hint: 'check the spelling; paths start at the current folder',
      });
    if (info.type !== 'directory') {
      found.add(start);
      continue;
    }
    for await (const entry of ctx.fs.walk(start, { hidden: true })) {
      ctx.signal.throwIfAborted();
      if (entry.type !== 'file' || !selection.extensions.includes(path.extname(entry.name).toLowerCase())) continue;
      if (path.relative(start, entry.path).split(path.sep).includes('node_modules')) continue;
      const name = posix(path.relative(ctx.root, entry.path));
      if (selection.include.length > 0 && !included(name)) continue;
      if (!excluded(name)) found.add(entry.path);
    }
  }
  return [...found].toSorted().map((file) => ({ path: file, name: shown(ctx, file) }));
}

/** A path as people see it: relative to the caller's folder, with `/`. */
function shown(ctx: ToolContext, file: string): string {
  return posix(path.relative(ctx.cwd, file)) || '.';
}

/** A path with `/` between its parts. */
export function posix(file: string): string {
  return path.sep === '/' ? file : file.replaceAll(path.sep, '/');
}

/** Tells whether a path matches any glob, or lies in a folder that does. */
export async function matcher(globs: readonly string[]): Promise<(name: string) => boolean> {
  if (globs.length === 0) return () => false;
  const { default: picomatch } = await import('picomatch');
  const tests = globs.flatMap((glob) => {
    const bare = glob.replace(/^\.?\//, '').replace(/\/+$/, '');
    const options = { dot: true, basename: !bare.includes('/') };
    return [picomatch(bare, options), picomatch(`${bare.includes('/') ? '' : '**/'}${bare}/**`, { dot: true })];
  });
  return (name) => tests.some((test) => test(name));
}
