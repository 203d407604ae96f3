import { dirname, join } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { Workspace } from '../../workspace.ts';
import type { Door } from '../door.ts';
import { demandOwnRight } from '../own-right.ts';
import { exitCodeOf } from '../report.ts';
import { refuseClashes, refuseOwnName } from './clashes.ts';
import { requireConsent } from './consent.ts';
import { differencesOf } from './differences.ts';
import { factsOf, factsOfFetched, type PluginFacts } from './facts.ts';
import { type Fetched, fetchPackage } from './fetch.ts';
import { requireConsentToHook, retryFailed } from './hooked.ts';
import type { Offer } from './offer.ts';
import { putTogether } from './put-together.ts';
import { type Change, reportChange } from './report.ts';
import { parseSpec, type Spec } from './spec.ts';
import { type Store, withStore } from './store.ts';

export interface ChangeFlags {
  readonly 'allow-scripts'?: boolean;
  readonly json: boolean;
  readonly yes: boolean;
}

/** What changing plugins needs to know. */
export interface Changing {
  readonly flags: ChangeFlags;
  readonly door: Door;
  readonly workspace: Workspace;
  readonly store: Store;
  /** The commands of toka itself. */
  readonly commandIds: readonly string[];
}

/** `toka plugins install` */
export async function installPlugin(text: string, flags: ChangeFlags, door: Door, commandIds: readonly string[]): Promise<number> {
  const spec = parseSpec(text, door.cwd);
  if (spec.from === 'registry') refuseOwnName(spec.npm.replace(/(?<=.)@.*$/, ''));
  return changePlugins(flags, door, commandIds, async (changing) => [await bringIn(spec, changing)]);
}

/** Does something with the plugins of a user, and reports what has changed. */
export async function changePlugins(flags: ChangeFlags, door: Door, commandIds: readonly string[], work: (changing: Changing) => Promise<Change[]>): Promise<number> {
  demandOwnRight(door.env);
  const workspace = await door.workspace();
  workspace.registry.close();
  const changes = await withStore(workspace, async (store) => work({ flags, door, workspace, store, commandIds }));
  await reportChange(changes, flags, door);
  return exitCodeOf(changes.find(({ error }) => error)?.error);
}

/**
 * Fetches a package, asks, and installs just what was looked at.
 *
 * @throws TokaError
 */
export async function bringIn(spec: Spec, { flags, door, workspace, store, commandIds }: Changing, expected?: string): Promise<Change> {
  const temporary = store.temporary();
  const fetched = await fetchPackage(spec, temporary, door.env);
  const facts = await factsOfFetched(fetched);
  if (expected !== undefined && facts.name !== expected) {
    throw new TokaError('TOKA_PLUGIN_CLASH', `${spec.npm} is now the package ${facts.name}, and was ${expected}`, { hint: `install ${facts.name} by itself if you want it` });
  }
  refuseClashes(facts, store.installed(), commandIds);
  const before = store.installed().find(({ name }) => name === facts.name);
  if (before) refuseSwapped(before, facts, fetched);
  await refuseUnlocked(facts, fetched, workspace);
  const offer = await offerOf(fetched, facts, before);
  const asking = { workspace, door, yes: flags.yes };
  if (before?.integrity === fetched.integrity) {
    if (!retryFailed(before, workspace)) return { change: 'unchanged', offer, plugin: before };
    return { change: 'updated', offer: await requireConsentToHook(offer, before, undefined, asking), plugin: before };
  }
  await requireConsent(offer, flags.yes, workspace.settings.plugins, door);
  const plugin = await putTogether(fetched, facts, { folder: join(temporary, 'ready'), store, door, scripts: flags['allow-scripts'] === true });
  const whole = await requireConsentToHook(offer, plugin, before, asking);
  store.put(plugin);
  return { change: before ? 'updated' : 'installed', offer: whole, plugin };
}

async function offerOf({ spec, integrity, registry }: Fetched, facts: PluginFacts, before: InstalledPlugin | undefined): Promise<Offer> {
  const old = before && (await factsOf(dirname(before.packageFile)).catch(() => undefined));
  return { facts, from: spec.from, integrity, ...(registry ? { registry } : {}), ...(old ? { differences: differencesOf(old, facts) } : {}) };
}

/** A version that was published is never another one later: whoever changes it has something to hide. */
function refuseSwapped(before: InstalledPlugin, { name, version }: PluginFacts, { spec, integrity }: Fetched): void {
  if (spec.from !== 'registry' || before.from !== 'registry' || before.version !== version || before.integrity === integrity) return;
  throw new TokaError('TOKA_INTEGRITY', `${name} ${version} is installed with the integrity ${before.integrity}, and the registry now serves ${integrity} by the same version`, {
    hint: 'the installed one was left as it is; find out from its author what happened before you trust either',
    data: { name, version, installed: before.integrity, served: integrity },
  });
}

/** What the lock of the project says of this version of a plugin holds here as well. */
async function refuseUnlocked({ name, version, source }: PluginFacts, { integrity }: Fetched, { root, project }: Workspace): Promise<void> {
  if (!project) return;
  const { openLock } = await import('../../registry/lock/lock.ts');
  const lock = await openLock(root, () => false).read();
  const entries = Object.entries(lock?.tools ?? {}).flatMap(([tool, entry]) => (tool.startsWith(`${source}/`) && entry.version === version ? [entry] : []));
  const other = entries.find((entry) => entry.integrity !== undefined && entry.integrity !== integrity);
  if (!other) return;
  throw new TokaError('TOKA_INTEGRITY', `toka.lock of this project vouches for ${name} ${version} with the integrity ${other.integrity}, found ${integrity}`, {
    hint: 'find out which of them is the one that its author published',
    data: { name, version, locked: other.integrity, found: integrity },
  });
}
