import type { PluginFacts } from './facts.ts';

/** What is otherwise with a new version of a plugin. */
export interface PluginDifference {
  readonly what: 'version' | 'capability' | 'contribution' | 'command' | 'dependency' | 'script';
  /** As it is installed; null where it is new. */
  readonly from: string | null;
  /** As it would be; null where it is no longer. */
  readonly to: string | null;
  /** Whether it can do more than it could. */
  readonly widens: boolean;
}

/** What a plugin brings, by the words that people see it by. */
function parts({ version, contributions, commands, dependencies, scripts }: PluginFacts): Record<PluginDifference['what'], readonly string[]> {
  return {
    version: [version],
    capability: contributions.flatMap(({ id, capabilities: { required, optional } }) => [...required, ...optional].map((capability) => `${capability} (${id})`)),
    contribution: contributions.map(({ kind, id, effect }) => `${kind} ${id}${effect === undefined ? '' : `, effect ${effect}`}`),
    command: commands.map(({ id }) => id.replaceAll(':', ' ')),
    dependency: dependencies,
    script: scripts,
  };
}

const WIDENING: readonly PluginDifference['what'][] = ['capability', 'contribution', 'command', 'script'];

export function differencesOf(before: PluginFacts, after: PluginFacts): PluginDifference[] {
  const [old, now] = [parts(before), parts(after)];
  return (Object.keys(now) as PluginDifference['what'][]).flatMap((what): PluginDifference[] => {
    if (what === 'version') return before.version === after.version ? [] : [{ what, from: before.version, to: after.version, widens: false }];
    const gone = old[what].filter((part) => !now[what].includes(part));
    const added = now[what].filter((part) => !old[what].includes(part));
    return [
      ...gone.map((from): PluginDifference => ({ what, from, to: null, widens: false })),
      ...added.map((to): PluginDifference => ({ what, from: null, to, widens: WIDENING.includes(what) })),
    ];
  });
}
