import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { TokaError } from '../../errors.ts';
import { asResultError } from '../../pipeline/result.ts';
import type { Door } from '../door.ts';
import { errorText } from '../report.ts';
import { warnOfProblems } from '../tools-list.ts';
import { amount, paint, plain, terminal } from '../text.ts';
import type { Offer } from './offer.ts';

/** What has happened to a plugin. */
export interface Change {
  readonly change: 'installed' | 'updated' | 'accepted' | 'unchanged' | 'linked' | 'uninstalled' | 'failed';
  readonly plugin: InstalledPlugin;
  /** Why nothing has happened to one of several. */
  readonly error?: TokaError;
  /** Absent where it is gone. */
  readonly offer?: Offer;
}

/** Says what has changed. The index is built anew at once, so that what is wrong with a plugin is said now. */
export async function reportChange(changes: readonly Change[], { json }: { readonly json: boolean }, door: Door): Promise<void> {
  if (changes.some(({ change }) => change !== 'unchanged' && change !== 'failed')) await reindex(changes, door);
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-change/v1', changes: changes.map(changeJson) })}\n`);
  else door.stdout.write(changes.length === 0 ? 'there is nothing to update\n' : changes.map((change) => changeText(change, door)).join(''));
}

async function reindex(changes: readonly Change[], door: Door): Promise<void> {
  const { registry } = await door.workspace();
  try {
    const index = await registry.index();
    const concerned = index.problems().filter(({ file }) => changes.some(({ plugin }) => plugin.packageFile === file));
    for (const { code, message, hint } of concerned) door.stderr.write(errorText({ code, message, ...(hint === undefined ? {} : { hint }) }, terminal(door.stderr, door.env)));
    if (concerned.length === 0) warnOfProblems(index, door);
  } finally {
    registry.close();
  }
}

function changeJson({ change, plugin: { name, version, from, spec, integrity }, offer, error }: Change) {
  const { facts, registry, differences } = offer ?? {};
  return { change, name, version, from, spec, ...(integrity === undefined ? {} : { integrity }), ...facts, ...registry, ...(differences ? { differences } : {}), ...(error ? { error: asResultError(error) } : {}) };
}

function changeText({ change, plugin: { name, version }, offer, error }: Change, door: Door): string {
  const view = terminal(door.stdout, door.env);
  if (error) door.stderr.write(errorText(asResultError(error), terminal(door.stderr, door.env)));
  const what = `${plain(name)} ${plain(version)}`;
  if (change === 'unchanged') return `${what} is up to date\n`;
  const tools = offer?.facts.contributions.filter(({ kind }) => kind === 'tools').length ?? 0;
  return `${paint(view, error ? 'red' : 'green', change)} ${what}${tools === 0 ? '' : `: ${amount(tools, 'tool')}`}\n`;
}
