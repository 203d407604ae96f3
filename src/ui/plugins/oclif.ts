import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core/command';
import { Plugin } from '@oclif/core/config';
import { packageRoot } from '../../config/package-root.ts';
import { userFolders } from '../../config/paths.ts';
import { TokaError, toTokaError } from '../../errors.ts';
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
    plugin.commands = plugin.commands.map((command) => ({ ...command, load: async () => loadCommand(plugin, command) }));
    return plugin;
  } catch (thrown) {
    door.stderr.write(errorText(asResultError(toTokaError(thrown)), terminal(door.stderr, door.env)));
    return undefined;
  }
}

/** Loads a command as an ES module or as CommonJS: oclif's own way is bundled, where `import` is `require`. */
async function loadCommand(plugin: Plugin, { id, relativePath = [] }: Command.Loadable): Promise<Command.Class> {
  const { commands } = plugin.pjson.oclif;
  const explicit = typeof commands === 'object' && commands.strategy === 'explicit' ? commands : undefined;
  const file = join(plugin.root, ...(explicit ? [explicit.target] : relativePath));
  const { importModule } = createRequire(import.meta.filename)(join(packageRoot(), 'dist', 'ui', 'plugins', 'import-module.js')) as typeof import('./import-module.ts');
  const module = await importModule(pathToFileURL(file).href);
  const exported = module[explicit?.identifier ?? 'default'];
  const found = (explicit ? (exported as Readonly<Record<string, unknown>> | undefined)?.[id] : exported) as Command.Class | undefined;
  if (typeof found?.run !== 'function') throw new TokaError('TOKA_PLUGIN_FAILED', `${file} does not export the command ${id}`, { hint: 'report it to the author of the plugin' });
  return Object.assign(found, { id, plugin });
}

/** Whether the plugin lists its commands for its version: without that oclif would load all of them to find out. */
function isListed(root: string): boolean {
  const file = ['oclif.manifest.json', '.oclif.manifest.json'].map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return false;
  const versionOf = (path: string): unknown => (JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }).version;
  return versionOf(file) === versionOf(join(root, 'package.json'));
}
