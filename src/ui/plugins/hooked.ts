import { dirname } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { toTokaError } from '../../errors.ts';
import type { InstalledOptions } from '../../manifest/load-plugin.ts';
import type { PackageOrigin } from '../../manifest/tool.ts';
import { agree, forgetFailure } from '../../registry/plugins/hook-answer.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { HookAnswer } from '../../registry/sources.ts';
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
 * was agreed to of it, or of the version before. What is agreed to is kept: the index is built of it, and of nothing else that the hook says.
 *
 * @returns the offer with all that the plugin brings
 * @throws TokaError TOKA_PLUGIN_CONSENT
 */
export async function requireConsentToHook(offer: Offer, plugin: InstalledPlugin, before: InstalledPlugin | undefined, { workspace, door, yes }: Hooked): Promise<Offer> {
  if (!offer.facts.asksHook) return offer;
  const { contributions: hooked, said } = await hookedOf(plugin, workspace);
  const facts: PluginFacts = { ...offer.facts, contributions: [...offer.facts.contributions, ...hooked] };
  if (!said || said.isAgreed) return { ...offer, facts };
  const known = before ? await agreedOf(before, workspace) : await broughtBy(plugin, said.agreed);
  const differences = differencesOf({ ...facts, contributions: known }, { ...facts, contributions: hooked });
  // What a new version says as the one before did was agreed to then; the rest of it has just been.
  const isKnown = differences.length === 0 && (before !== undefined || hooked.length === 0);
  if (!isKnown) await requireConsent({ ...offer, facts, differences: known.length === 0 ? [] : differences, asked: 'hook' }, yes, workspace.settings.plugins, door);
  agree(workspace.folders.data, plugin.root, said);
  return { ...offer, facts, ...(offer.differences ? { differences: [...offer.differences, ...differences] } : {}) };
}

/** Lets a hook that has failed be asked once more. */
export function retryFailed({ root }: InstalledPlugin, { folders: { data } }: Pick<Workspace, 'folders'>): boolean {
  return forgetFailure(data, root);
}

/** What a plugin brings by its hook alone, and somebody has agreed to. */
export async function agreedOf(plugin: InstalledPlugin, workspace: Pick<Workspace, 'askHook'>): Promise<readonly Contribution[]> {
  const { contributions, said } = await hookedOf(plugin, workspace);
  return said?.isAgreed === true ? contributions : [];
}

/** What a plugin brings by its hook alone, agreed to or not; of one that fails, or says what is not valid, nothing: the index says why. */
export async function hookedOf(plugin: InstalledPlugin, { askHook }: Pick<Workspace, 'askHook'>): Promise<{ readonly contributions: readonly Contribution[]; readonly said?: HookAnswer }> {
  let said: HookAnswer | undefined;
  try {
    const contributions = await addedBy(plugin, async (origin, hook) => (said = await askHook(origin, hook)).answer);
    return { contributions, ...(said ? { said } : {}) };
  } catch (thrown) {
    if (isOfHook(thrown)) return { contributions: [] };
    throw thrown;
  }
}

/** What an answer would bring that was agreed to of other files. */
async function broughtBy(plugin: InstalledPlugin, answer: JsonValue | undefined): Promise<readonly Contribution[]> {
  if (answer === undefined) return [];
  return addedBy(plugin, async () => answer).catch((thrown: unknown) => {
    if (isOfHook(thrown)) return [];
    throw thrown;
  });
}

/** @throws TokaError whatever `ask` throws, and TOKA_PLUGIN_FAILED, TOKA_MANIFEST_INVALID where its answer is not valid */
export async function addedBy({ packageFile, root, integrity }: InstalledPlugin, ask: NonNullable<InstalledOptions['ask']>): Promise<readonly Contribution[]> {
  const folder = dirname(packageFile);
  const origin: PackageOrigin = { root, ...(integrity === undefined ? {} : { integrity }) };
  const [{ contributions: declared }, { contributions }] = [await factsOf(folder), await factsOf(folder, { plugin: origin, ask })];
  return contributions.filter(({ kind, id }) => !declared.some((one) => one.kind === kind && one.id === id));
}

function isOfHook(thrown: unknown): boolean {
  return ['TOKA_PLUGIN_FAILED', 'TOKA_MANIFEST_INVALID'].includes(toTokaError(thrown).code);
}
