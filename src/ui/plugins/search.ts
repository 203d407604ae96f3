import * as z from 'zod';
import type { Door } from '../door.ts';
import { table, terminal } from '../text.ts';
import { npmIn } from './npm.ts';
import { inTemporary } from './store.ts';

/** The keyword by which packages say that they are plugins of toka. */
const KEYWORD = 'toka-plugin';

const found = z.array(z.object({ name: z.string(), version: z.string().default(''), description: z.string().default(''), keywords: z.array(z.string()).default([]) }));

/** `toka plugins search WORDS` */
export async function searchPlugins(words: readonly string[], { json, limit }: { readonly json: boolean; readonly limit: number }, door: Door): Promise<number> {
  const workspace = await door.workspace();
  workspace.registry.close();
  const text = await inTemporary(async (folder) => npmIn(folder, door.env).run(['search', KEYWORD, ...words, '--json', `--searchlimit=${limit}`]));
  // To a registry it is one word among others.
  const plugins = found.parse(JSON.parse(text)).filter(({ keywords }) => keywords.includes(KEYWORD));
  const installed = new Set(workspace.plugins.map(({ name }) => name));
  if (json) {
    const rows = plugins.map(({ name, version, description }) => ({ name, version, description, installed: installed.has(name) }));
    door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-search/v1', plugins: rows })}\n`);
    return 0;
  }
  const rows = plugins.map(({ name, version, description }) => [name, version, installed.has(name) ? 'yes' : '', description]);
  if (rows.length === 0) door.stderr.write('the registry has no plugin with these words\n');
  else door.stdout.write(table(['PLUGIN', 'VERSION', 'INSTALLED', 'DESCRIPTION'], rows, terminal(door.stdout, door.env)));
  return 0;
}
