import { dirname } from 'node:path';
import { TokaError, toTokaError } from '../../errors.ts';
import { pluginSource } from '../../manifest/load-plugin.ts';
import { nearest } from '../../manifest/nearest.ts';
import { requireIntact } from '../../registry/plugins/intact.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import { asResultError } from '../../pipeline/result.ts';
import type { Workspace } from '../../workspace.ts';
import type { Door } from '../door.ts';
import { errorText } from '../report.ts';
import { terminal } from '../text.ts';
import { factsOf, type PluginFacts } from './facts.ts';
import { agreedOf } from './hooked.ts';

/** How an installed plugin is: `linked` is one that works, and that nothing verifies; `pending` one whose hook says what nobody has agreed to. */
export interface PluginState {
  readonly plugin: InstalledPlugin;
  readonly state: 'ok' | 'linked' | 'pending' | 'incompatible' | 'changed' | 'broken';
  /** What is wrong with it. */
  readonly error?: TokaError;
  readonly facts?: PluginFacts;
}

/** Looks at every installed plugin; what is wrong with one keeps no other from being looked at. Nothing of them is loaded. */
export async function statesOf({ plugins, folders, registry, askHook }: Pick<Workspace, 'plugins' | 'folders' | 'registry' | 'askHook'>): Promise<PluginState[]> {
  const problems = (await registry.index()).problems();
  return Promise.all(
    plugins.map(async (plugin): Promise<PluginState> => {
      try {
        requireIntact(plugin, folders.cache);
        const declared = await factsOf(dirname(plugin.packageFile));
        const facts = declared.asksHook ? { ...declared, contributions: [...declared.contributions, ...(await agreedOf(plugin, { askHook }))] } : declared;
        const problem = problems.find(({ file }) => file === plugin.packageFile);
        if (problem) return { plugin, state: problem.code === 'TOKA_PLUGIN_CONSENT' ? 'pending' : 'broken', facts, error: new TokaError(problem.code, problem.message, problem.hint === undefined ? {} : { hint: problem.hint }) };
        return { plugin, state: plugin.from === 'link' ? 'linked' : 'ok', facts };
      } catch (thrown) {
        const error = toTokaError(thrown);
        const state = error.code === 'TOKA_INTEGRITY' ? 'changed' : error.code === 'TOKA_PLUGIN_INCOMPATIBLE' ? 'incompatible' : 'broken';
        return { plugin, state, error };
      }
    }),
  );
}

/** Says what is wrong with each plugin that does not work. */
export function warnOfPlugins(states: readonly PluginState[], door: Door): void {
  for (const { error } of states) if (error) door.stderr.write(errorText(asResultError(error), terminal(door.stderr, door.env)));
}

/** A plugin and its state, as programs see it. */
export function stateJson({ plugin: { name, version, from, spec, integrity, installedAt }, state, error, facts }: PluginState) {
  return { name, version, from, spec, ...(integrity === undefined ? {} : { integrity }), installedAt, ...facts, state, ...(error ? { error: asResultError(error) } : {}) };
}

/**
 * The installed plugin of a name: that of its package, or the short one.
 *
 * @throws TokaError TOKA_PLUGIN_UNKNOWN
 */
export function nameInstalled(name: string, plugins: readonly InstalledPlugin[]): InstalledPlugin {
  const found = plugins.find((plugin) => plugin.name === name) ?? plugins.find((plugin) => pluginSource(plugin.name) === name);
  if (found) return found;
  const near = nearest(name, plugins.flatMap((plugin) => [plugin.name, pluginSource(plugin.name)]));
  throw new TokaError('TOKA_PLUGIN_UNKNOWN', `no plugin "${name}" is installed`, {
    hint: near === undefined ? 'toka plugins list shows those that are' : `did you mean "${near}"? toka plugins list shows all of them`,
  });
}
