import { dirname } from 'node:path';
import { toTokaError } from '../../errors.ts';
import type { PackageOrigin } from '../../manifest/tool.ts';
import { forgetAnswer, hasFailed } from '../../registry/plugins/hook-answer.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { Workspace } from '../../workspace.ts';
import type { Door } from '../door.ts';
import { requireConsent } from './consent.ts';
import { differencesOf } from './differences.ts';
import { type Contribution, factsOf, type PluginFacts } from './facts.ts';
import type { Offer } from './offer.ts';

export interface Hooked {
  readonly workspace: Workspace;
  readonly door: Door;
  readonly yes: boolean;
}

/**
 * Asks the hook of a plugin whose code was agreed to what else it brings, in its sandbox, and asks the person again where that is other than what
 * the version before brought so. The answer is kept: the index is built of it.
 *
 * @returns the offer with all that the plugin brings
 * @throws TokaError TOKA_PLUGIN_CONSENT
 */
export async function requireConsentToHook(offer: Offer, plugin: InstalledPlugin, before: InstalledPlugin | undefined, { workspace, door, yes }: Hooked): Promise<Offer> {
  if (!offer.facts.asksHook) return offer;
  const hooked = await hookedOf(plugin, workspace);
  const facts: PluginFacts = { ...offer.facts, contributions: [...offer.facts.contributions, ...hooked] };
  const known = before ? await hookedOf(before, workspace) : [];
  const differences = differencesOf({ ...facts, contributions: known }, { ...facts, contributions: hooked });
  if (differences.length > 0) await requireConsent({ ...offer, facts, differences: before ? differences : [], asked: 'hook' }, yes, workspace.settings.plugins, door);
  return { ...offer, facts, ...(offer.differences ? { differences: [...offer.differences, ...differences] } : {}) };
}

/** Lets a hook that has failed be asked once more. */
export function retryFailed({ root }: InstalledPlugin, { folders: { data } }: Pick<Workspace, 'folders'>): boolean {
  const failed = hasFailed(data, root);
  if (failed) forgetAnswer(data, root);
  return failed;
}

/** What a plugin brings by its hook alone; of one that fails nothing, and the index says why. */
export async function hookedOf({ packageFile, root, integrity }: InstalledPlugin, { askHook }: Pick<Workspace, 'askHook'>): Promise<readonly Contribution[]> {
  const folder = dirname(packageFile);
  const origin: PackageOrigin = { root, ...(integrity === undefined ? {} : { integrity }) };
  try {
    const [{ contributions: declared }, { contributions }] = [await factsOf(folder), await factsOf(folder, { plugin: origin, ask: askHook })];
    return contributions.filter(({ kind, id }) => !declared.some((one) => one.kind === kind && one.id === id));
  } catch (thrown) {
    const { code } = toTokaError(thrown);
    if (code === 'TOKA_PLUGIN_FAILED' || code === 'TOKA_MANIFEST_INVALID') return [];
    throw thrown;
  }
}
