import { dirname, join, relative, sep } from 'node:path';
import type { ToolFs } from '@toka/sdk';
import ignore from 'ignore';

/**
 * Whether git would ignore a file, by the `.gitignore` files from the root down to its folder (the deepest decisive one wins; what lies in
 * an ignored folder stays ignored).
 *
 * @param fs The tool's view of files; a `.gitignore` that may not be read counts as absent.
 * @param root Absolute.
 * @param file Absolute, inside the root.
 * @returns Whether it is ignored; `undefined` where the folder is in no git repository that can be seen and has no `.gitignore`.
 */
export async function isIgnored(fs: ToolFs, root: string, file: string): Promise<boolean | undefined> {
  const folders = foldersDown(root, dirname(file));
  let ignored = false;
  let known = await isRepository(fs, root);
  for (const folder of folders) {
    const rules = await readRules(fs, join(folder, '.gitignore'));
    if (rules === undefined) continue;
    known = true;
    const path = relative(folder, file).split(sep).join('/');
    const verdict = ignore().add(rules).checkIgnore(path);
    if (verdict.ignored) ignored = true;
    else if (verdict.unignored) ignored = false;
    if (ignored && parents(path).some((parent) => ignore().add(rules).ignores(parent))) return true;
  }
  return known ? ignored : undefined;
}

async function isRepository(fs: ToolFs, root: string): Promise<boolean> {
  const folder = join(root, '.git');
  return fs.can('read', folder) && (await fs.stat(folder)) !== undefined;
}

async function readRules(fs: ToolFs, path: string): Promise<string | undefined> {
  if (!fs.can('read', path)) return undefined;
  return (await fs.stat(path))?.type === 'file' ? fs.readText(path, { maxBytes: 1024 ** 2 }) : undefined;
}

function foldersDown(root: string, folder: string): string[] {
  const way = relative(root, folder);
  if (way === '') return [root];
  if (way.startsWith('..')) return [folder];
  return way.split(sep).reduce<string[]>((list, name) => [...list, join(list.at(-1) ?? root, name)], [root]);
}

function parents(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_name, at) => `${names.slice(0, at + 1).join('/')}/`);
}
