import { glob, matches } from '../../capability/glob.ts';
import type { Settings } from '../../config/layers.ts';
import { TokaError } from '../../errors.ts';
import type { Door } from '../door.ts';
import { plain, terminal } from '../text.ts';
import { type Offer, offerText } from './offer.ts';

/**
 * Shows what a plugin brings, and goes on once somebody agrees: the person at the terminal, who started the command with `--yes`, or the user's
 * configuration. Where the administrator names the packages that may be installed, no other is.
 *
 * @throws TokaError TOKA_PLUGIN_CONSENT
 */
export async function requireConsent(offer: Offer, yes: boolean, { agreed, only }: Settings['plugins'], door: Door): Promise<void> {
  const { name, version } = offer.facts;
  door.stderr.write(offerText(offer, terminal(door.stderr, door.env)));
  const isNamed = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(glob(pattern), name));
  if (only && !isNamed(only)) {
    throw new TokaError('TOKA_PLUGIN_CONSENT', `the administrator of this machine allows ${only.join(', ') || 'no plugins'}, and not ${name}`, { hint: 'ask the administrator' });
  }
  if (yes || isNamed(agreed)) return;
  const data = { name, version, capabilities: offer.facts.contributions.flatMap(({ capabilities }) => [...capabilities.required, ...capabilities.optional]) };
  if (!door.isAttended) {
    throw new TokaError('TOKA_PLUGIN_CONSENT', `nobody is there to agree to ${name} ${version}`, { hint: 'look at what is shown above, then add --yes, or name it in plugins.allow of your configuration', data });
  }
  const { confirm } = await import('../prompts.ts');
  if (await confirm(`${offer.asked === 'hook' ? 'Use all of' : 'Install'} ${plain(name)} ${plain(version)}?`)) return;
  throw new TokaError('TOKA_PLUGIN_CONSENT', `${name} ${version} was not agreed to, and nothing was changed`, { hint: 'toka plugins inspect shows all that it brings', data });
}
