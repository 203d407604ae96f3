import { ownPackage } from '../../config/package-root.ts';
import { TokaError } from '../../errors.ts';
import { pluginSource } from '../../manifest/load-plugin.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { PluginFacts } from './facts.ts';

/** Names that stand before the names of tools already. */
const SOURCES = ['toka', 'user', 'project', 'command', 'code'];

/**
 * Refuses a plugin that would take the place of something: of toka, of a plugin that comes with it, or of another one that is installed.
 *
 * @param commandIds Those of toka itself.
 * @throws TokaError TOKA_PLUGIN_CLASH
 */
export function refuseClashes({ name, source, commands }: PluginFacts, installed: readonly InstalledPlugin[], commandIds: readonly string[]): void {
  const bundled = ownPackage().toka.plugins;
  refuseOwnName(name);
  const others = installed.filter((other) => other.name !== name);
  const owner = [...bundled, ...others.map((other) => other.name)].find((other) => pluginSource(other) === source);
  if (owner !== undefined || SOURCES.includes(source)) throw clash(name, `the tools of ${name} would be called ${source}/…, as those of ${owner ?? 'toka'} are`);
  const own = new Set(commandIds.map(firstWord));
  for (const id of commands.flatMap((command) => [command.id, ...command.aliases])) {
    if (own.has(firstWord(id))) throw clash(name, `its command "${shown(id)}" begins with "${firstWord(id)}", which is a command of toka`);
    const other = others.find((plugin) => plugin.commands.some((taken) => taken === id));
    if (other) throw clash(name, `its command "${shown(id)}" is also one of ${other.name}`);
  }
}

/** @throws TokaError TOKA_PLUGIN_CLASH for the name of a package that comes with toka. */
export function refuseOwnName(name: string): void {
  if (name === 'toka' || name === '@toka/sdk' || ownPackage().toka.plugins.includes(name)) throw clash(name, `${name} is the name of a package that comes with toka`);
}

function firstWord(id: string): string {
  return id.split(':')[0] ?? id;
}

function shown(id: string): string {
  return id.replaceAll(':', ' ');
}

function clash(name: string, why: string): TokaError {
  return new TokaError('TOKA_PLUGIN_CLASH', `${name} cannot be installed: ${why}`, { hint: 'ask its author for another name, or uninstall the other plugin' });
}
