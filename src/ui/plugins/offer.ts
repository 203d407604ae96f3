import type { PluginOrigin } from '../../registry/plugins/record.ts';
import { onOneLine } from '../../manifest/plain.ts';
import { paint, plain, type Terminal } from '../text.ts';
import type { PluginDifference } from './differences.ts';
import type { Contribution, PluginFacts } from './facts.ts';
import type { RegistryFacts } from './fetch.ts';

/** A plugin as it is shown to who decides about it. */
export interface Offer {
  readonly facts: PluginFacts;
  readonly from: PluginOrigin;
  /** Absent where a folder is linked. */
  readonly integrity?: string;
  readonly registry?: RegistryFacts;
  /** What is otherwise than with the version that is installed. */
  readonly differences?: readonly PluginDifference[];
  /** Asked a second time, once its hook has said what else it brings. */
  readonly asked?: 'hook';
}

const PLACES: Readonly<Record<PluginOrigin, string>> = {
  registry: 'from the registry',
  tarball: 'from a tarball',
  folder: 'from a folder',
  git: 'from a git repository',
  link: 'a linked folder, which nothing verifies',
};

const BOUND = 'tools alone, each in a sandbox of its own and granted nothing by this';
const HOOK = `More tools come from its hook toka:manifest (${BOUND}). It runs only once this is agreed to, sees its own files and no network, and what it says is shown and asked for.`;
const HOOK_ASKED = `Its hook toka:manifest was asked, and what it said is among the above (${BOUND}).`;

/** All that is known of a plugin, for people. */
export function offerText({ facts, from, integrity, registry, differences = [], asked }: Offer, view: Terminal): string {
  const { name, version, contributions, commands, asksHook, scripts, dependencies } = facts;
  const sandboxed = contributions.filter(({ runs }) => runs === 'sandboxed');
  const trusted = contributions.filter(({ runs }) => runs === 'in-process');
  const code = [...trusted.map((one) => `  ${shown(one.kind)}: ${shown(one.id)}  ${shown(one.summary)}`), ...commands.map(({ id, summary }) => `  command: toka ${shown(id.replaceAll(':', ' '))}  ${shown(summary)}`)];
  const lines = [
    ...(differences.length === 0 ? [] : [`${paint(view, 'bold', 'What is otherwise')} than with the version that is installed`, ...differences.map((one) => `  ${differenceLine(one, view)}`)]),
    `${paint(view, 'bold', `${shown(name)} ${shown(version)}`)}  ${PLACES[from]}`,
    ...(sandboxed.length === 0 ? [] : [paint(view, 'bold', 'Tools, each in a sandbox of its own'), ...sandboxed.flatMap(toolLines)]),
    ...(code.length === 0 ? [] : [paint(view, 'yellow', "Code that runs in toka's own process, with all that you may do"), ...code]),
    ...(asksHook ? [asked === 'hook' ? HOOK_ASKED : HOOK] : []),
    ...(sandboxed.length + code.length === 0 && !asksHook ? ['It brings nothing.'] : []),
    `Install scripts: ${list(scripts)}`,
    `Depends on: ${list(dependencies)}`,
    ...(registry ? [`Maintainers: ${list(registry.maintainers)}`] : []),
    `Signed provenance: ${registry?.provenance === 'unverified' ? 'the registry has an attestation, which toka does not verify' : 'none'}`,
    ...(integrity === undefined ? [] : [`Integrity: ${integrity}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function toolLines({ id, summary, effect, capabilities: { required, optional } }: Contribution): string[] {
  return [
    `  ${shown(id)}  ${shown(summary)} (effect ${effect})`,
    ...required.map((capability) => `    needs ${shown(capability)}`),
    ...optional.map((capability) => `    uses ${shown(capability)} where it is granted`),
    ...(required.length + optional.length === 0 ? ['    asks for nothing'] : []),
  ];
}

function differenceLine({ what, from, to, widens }: PluginDifference, view: Terminal): string {
  if (from !== null && to !== null) return `${what}: ${shown(from)} → ${shown(to)}`;
  const text = from === null ? `${what} added: ${shown(to ?? '')}` : `${what} removed: ${shown(from)}`;
  return widens ? paint(view, 'red', `${text} — can do more`) : text;
}

/** What a package says of itself is a stranger's text. */
function shown(text: string): string {
  return onOneLine(plain(text));
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'none' : words.map(shown).join(', ');
}
