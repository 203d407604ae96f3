import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TokaError, toTokaError } from '../../errors.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import { forgetIntact } from '../../registry/plugins/intact.ts';
import type { Door } from '../door.ts';
import { refuseClashes } from './clashes.ts';
import { requireConsent } from './consent.ts';
import { factsOf, factsOfFolder } from './facts.ts';
import { bringIn, type ChangeFlags, changePlugins, type Changing } from './install.ts';
import { addedBy, hookedOf, requireConsentToHook, retryFailed } from './hooked.ts';
import { nameInstalled } from './installed.ts';
import type { Change } from './report.ts';

/** `toka plugins update [NAME]`: each is fetched anew from where it came from; what is otherwise is shown, and asked for again. */
export async function updatePlugins(name: string | undefined, flags: ChangeFlags, door: Door, commandIds: readonly string[]): Promise<number> {
  return changePlugins(flags, door, commandIds, async (changing) => {
    const all = changing.store.installed();
    const chosen = name === undefined ? all.filter(({ from }) => from !== 'link') : [nameInstalled(name, all)];
    const changes: Change[] = [];
    // Of several, one that fails keeps no other from being updated.
    for (const plugin of chosen) changes.push(await update(plugin, changing).catch((thrown: unknown) => failed(plugin, thrown, chosen.length)));
    return changes;
  });
}

async function update({ name, from, spec }: InstalledPlugin, changing: Changing): Promise<Change> {
  if (from === 'link') throw new TokaError('TOKA_USAGE', `${name} is linked: what stands in ${spec} is what is used`, { hint: 'build it there' });
  return bringIn({ from, npm: spec }, changing, name);
}

function failed(plugin: InstalledPlugin, thrown: unknown, count: number): Change {
  const error = toTokaError(thrown);
  if (count === 1 || error.code === 'TOKA_CANCELLED') throw error;
  return { change: 'failed', plugin, error };
}

/** `toka plugins accept NAME`: shows what the hook of an installed plugin says that nobody has agreed to, and asks. */
export async function acceptPlugin(name: string, flags: ChangeFlags, door: Door): Promise<number> {
  return changePlugins(flags, door, [], async ({ store, workspace }) => {
    const plugin = nameInstalled(name, store.installed());
    retryFailed(plugin, workspace);
    // Of a hook that does not work there is nothing to agree to: that is said.
    await addedBy(plugin, async (origin, hook) => (await workspace.askHook(origin, hook)).answer);
    const { said } = await hookedOf(plugin, workspace);
    const { from, integrity } = plugin;
    const offer = await requireConsentToHook({ facts: await factsOf(dirname(plugin.packageFile)), from, ...(integrity === undefined ? {} : { integrity }) }, plugin, undefined, { workspace, door, yes: flags.yes });
    return [{ change: said?.isAgreed === false ? 'accepted' : 'unchanged', plugin, offer }];
  });
}

/** `toka plugins uninstall NAME` */
export async function uninstallPlugin(name: string, flags: ChangeFlags, door: Door): Promise<number> {
  return changePlugins(flags, door, [], async ({ store, workspace }) => {
    const plugin = nameInstalled(name, store.installed());
    store.remove(plugin.name);
    forgetIntact(plugin, workspace.folders.cache);
    return [{ change: 'uninstalled', plugin }];
  });
}

/** `toka plugins link FOLDER` */
export async function linkPlugin(folder: string, flags: ChangeFlags, door: Door, commandIds: readonly string[]): Promise<number> {
  const path = resolve(door.cwd, folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw new TokaError('TOKA_USAGE', `toka plugins link takes the folder of a plugin, found ${path}`, { hint: 'check the path' });
  const root = realpathSync.native(path);
  return changePlugins(flags, door, commandIds, async ({ store, workspace }) => {
    const facts = await factsOfFolder(root);
    refuseClashes(facts, store.installed(), commandIds);
    const offer = { facts, from: 'link' } as const;
    await requireConsent(offer, flags.yes, workspace.settings.plugins, door);
    const { name, version, commands } = facts;
    const plugin: InstalledPlugin = {
      name,
      version,
      from: 'link',
      spec: root,
      root,
      packageFile: join(root, 'package.json'),
      commands: commands.flatMap(({ id, aliases }) => [id, ...aliases]),
      installedAt: new Date().toISOString(),
    };
    retryFailed(plugin, workspace);
    const whole = await requireConsentToHook(offer, plugin, undefined, { workspace, door, yes: flags.yes });
    store.put(plugin);
    return [{ change: 'linked', plugin, offer: whole }];
  });
}
