import { dirname } from 'node:path';
import { ownPackage } from '../../config/package-root.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { Door } from '../door.ts';
import { exitCodeOf } from '../report.ts';
import { table, terminal } from '../text.ts';
import { refuseClashes } from './clashes.ts';
import { factsOf, factsOfFetched } from './facts.ts';
import { fetchPackage } from './fetch.ts';
import { type PluginState, stateJson, statesOf, warnOfPlugins } from './installed.ts';
import { type Offer, offerText } from './offer.ts';
import { parseSpec } from './spec.ts';
import { inTemporary } from './store.ts';
import { pluginSource } from '../../manifest/load-plugin.ts';
import { packageFile } from '../../workspace.ts';

interface JsonFlag {
  readonly json: boolean;
}

/** `toka plugins list` */
export async function listPlugins({ json }: JsonFlag, door: Door): Promise<number> {
  const workspace = await door.workspace();
  try {
    const states = await statesOf(workspace);
    if (json) {
      const bundled = ownPackage().toka.plugins.map((name) => ({ name, from: 'bundled', state: 'ok' }));
      door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-list/v1', plugins: [...states.map(stateJson), ...bundled] })}\n`);
      return 0;
    }
    const rows = [
      ...states.map(({ plugin: { name, version, from }, state, facts }) => [name, version, from, state, contents(facts)]),
      ...(await Promise.all(ownPackage().toka.plugins.map(bundledRow))),
    ];
    door.stdout.write(table(['PLUGIN', 'VERSION', 'FROM', 'STATE', 'BRINGS'], rows, terminal(door.stdout, door.env)));
    warnOfPlugins(states, door);
    return 0;
  } finally {
    workspace.registry.close();
  }
}

async function bundledRow(name: string): Promise<string[]> {
  const facts = await factsOf(dirname(packageFile(name)));
  return [name, facts.version, 'toka', 'ok', contents(facts)];
}

function contents(facts: PluginState['facts']): string {
  if (!facts) return '';
  const kinds = Map.groupBy(facts.contributions, ({ kind }) => kind);
  return [...[...kinds].map(([kind, all]) => `${kind} ${all.map(({ id }) => id).join(', ')}`), ...(facts.commands.length === 0 ? [] : [`commands ${facts.commands.map(({ id }) => id.replaceAll(':', ' ')).join(', ')}`])].join('; ');
}

/** `toka plugins inspect NAME`: one that is installed, or what would be installed by that name. */
export async function inspectPlugin(name: string, { json }: JsonFlag, door: Door, commandIds: readonly string[]): Promise<number> {
  const workspace = await door.workspace();
  try {
    const known = workspace.plugins.find((plugin) => plugin.name === name || pluginSource(plugin.name) === name);
    if (known) return showInstalled(known, await statesOf(workspace), json, door);
    const spec = parseSpec(name, door.cwd);
    const offer = await inTemporary(async (temporary): Promise<Offer> => {
      const fetched = await fetchPackage(spec, temporary, door.env);
      const { integrity, registry } = fetched;
      const facts = await factsOfFetched(fetched);
      refuseClashes(facts, workspace.plugins, commandIds);
      return { facts, from: spec.from, integrity, ...(registry ? { registry } : {}) };
    });
    const { facts, from, integrity, registry } = offer;
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin/v1', state: 'not-installed', from, integrity, ...facts, ...registry })}\n`);
    else door.stdout.write(offerText(offer, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    workspace.registry.close();
  }
}

function showInstalled({ name, from, integrity }: InstalledPlugin, states: readonly PluginState[], json: boolean, door: Door): number {
  const state = states.find(({ plugin }) => plugin.name === name);
  if (!state) return 0;
  const { facts, error } = state;
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin/v1', ...stateJson(state) })}\n`);
  else if (facts) door.stdout.write(`${offerText({ facts, from, ...(integrity === undefined ? {} : { integrity }) }, terminal(door.stdout, door.env))}State: ${state.state}\n`);
  if (!json) warnOfPlugins([state], door);
  return exitCodeOf(error);
}
