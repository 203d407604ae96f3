import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core/config';
import { userFolders } from '../../config/paths.ts';
import { toTokaError } from '../../errors.ts';
import { requireIntact } from '../../registry/plugins/intact.ts';
import { type InstalledPlugin, readInstalled } from '../../registry/plugins/record.ts';
import { asResultError } from '../../pipeline/result.ts';
import type { Door } from '../door.ts';
import { errorText } from '../report.ts';
import { terminal } from '../text.ts';

/**
 * The installed plugins whose commands a command line may mean, as oclif knows plugins. Of one that is to run, all files are looked at first. None of
 * their oclif hooks counts: they would run with every command, also with those of others.
 *
 * @param ownWords The first words of the commands of toka itself, which no plugin can have.
 */
export async function pluginsFor([first = '']: readonly string[], ownWords: ReadonlySet<string>, door: Door): Promise<Plugin[]> {
  const word = first.split(':')[0] ?? '';
  if (ownWords.has(word)) return [];
  const { cache, data } = userFolders(door.env);
  const having = readInstalled(data).filter(({ commands }) => commands.length > 0);
  const meant = having.filter(({ commands }) => commands.some((id) => id.split(':')[0] === word));
  for (const plugin of meant) requireIntact(plugin, cache);
  // What none of them has may be misspelt, or ask for help: then all are named.
  const plugins = await Promise.all((meant.length > 0 ? meant : having).map(async (plugin) => load(plugin, door)));
  return plugins.flatMap((plugin) => plugin ?? []);
}

async function load(installed: InstalledPlugin, door: Door): Promise<Plugin | undefined> {
  const root = join(installed.packageFile, '..');
  try {
    if (!isListed(root)) return undefined;
    const plugin = new Plugin({ name: installed.name, root, type: 'link' });
    await plugin.load();
    plugin.hooks = {};
    return plugin;
  } catch (thrown) {
    door.stderr.write(errorText(asResultError(toTokaError(thrown)), terminal(door.stderr, door.env)));
    return undefined;
  }
}

/** Whether the plugin lists its commands for its version: without that oclif would load all of them to find out. */
function isListed(root: string): boolean {
  const file = ['oclif.manifest.json', '.oclif.manifest.json'].map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return false;
  const versionOf = (path: string): unknown => (JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }).version;
  return versionOf(file) === versionOf(join(root, 'package.json'));
}
