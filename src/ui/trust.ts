import { realpathSync } from 'node:fs';
import { diff } from 'node:util';
import { capabilityFault } from '../capability/rules.ts';
import { trustFileOf } from '../capability/trust.ts';
import { parseConfig } from '../config/parse.ts';
import { findProject, userFolders } from '../config/paths.ts';
import { onOneLine } from '../manifest/plain.ts';
import { type Trust, trustOf } from '../project-trust.ts';
import type { Door } from './door.ts';
import { paint, plain, terminal } from './text.ts';
import { settingsText } from './trust-settings.ts';

export interface TrustFlags {
  readonly show: boolean;
  readonly revoke: boolean;
  readonly json: boolean;
}

/** `toka trust`: shows what a project's configuration would grant, and records that its text is trusted. */
export async function trustProject({ show, revoke, json }: TrustFlags, door: Door): Promise<number> {
  if (revoke) return revokeTrust(json, door);
  const toka = await door.open();
  try {
    const { root, trust } = toka;
    if (!show) trust.set(true);
    const [grants, settings] = [rulesOf(trust), settingsOf(trust)];
    door.stdout.write(json ? asJson(root, trust, grants, settings) : describe(trust, grants, settings, door));
    return 0;
  } finally {
    await toka.close();
  }
}

/** Does not read what is written in the file, because trust in a broken one is to be withdrawn as well. */
function revokeTrust(json: boolean, door: Door): number {
  const project = findProject(realpathSync(door.cwd));
  const root = project?.root ?? door.cwd;
  const trust = trustOf(project, trustFileOf(userFolders(door.env).state, root));
  trust.set(false);
  door.stdout.write(json ? asJson(root, trust, [], []) : describe(trust, [], [], door));
  return 0;
}

function asJson(root: string, trust: Trust, grants: readonly string[], settings: readonly string[]): string {
  const state = trust.state();
  const changes = state === 'changed' ? { changes: changed(trust) } : {};
  return `${JSON.stringify({ schema: 'toka/trust/v1', root, file: trust.current?.file ?? null, state, grants, settings, ...changes })}\n`;
}

function rulesOf({ current }: Trust): string[] {
  if (!current) return [];
  const { policy } = parseConfig(current.text, current.file, capabilityFault);
  return policy.allow.flatMap(({ capabilities, tools }) => capabilities.map((text) => (tools ? `${text} for ${tools.join(', ')}` : `${text} for every tool`)));
}

/** What else counts once it is trusted, line by line. */
function settingsOf({ current }: Trust): string[] {
  return current ? settingsText(parseConfig(current.text, current.file, capabilityFault)) : [];
}

function describe(trust: Trust, grants: readonly string[], settings: readonly string[], door: Door): string {
  const view = terminal(door.stdout, door.env);
  if (!trust.current) return 'this project has no configuration file, so there is nothing to trust\n';
  const state = trust.state();
  const lines = [
    `${trust.current.file} is ${paint(view, state === 'trusted' ? 'green' : 'yellow', state)}`,
    ...(grants.length === 0 ? ['it grants nothing'] : [state === 'trusted' ? 'it grants:' : 'trusted, it would grant:', ...grants.map((grant) => `  ${onOneLine(plain(grant))}`)]),
    ...(settings.length === 0 ? [] : [state === 'trusted' ? 'it decides:' : 'trusted, it would decide:', ...settings.map((setting) => `  ${onOneLine(plain(setting))}`)]),
    ...(state === 'changed' ? ['what changed since it was trusted:', ...changed(trust).map((line) => `  ${plain(line)}`)] : []),
    ...(state === 'trusted' ? [] : ['toka trust records that you trust it as it is now']),
  ];
  return `${lines.join('\n')}\n`;
}

/** What changed line by line; a line that only moved stands there twice, since a rule means something else in another list. */
function changed({ current, record }: Trust): string[] {
  const [before, after] = [record()?.text ?? '', current?.text ?? ''].map((text) => text.split('\n')) as [string[], string[]];
  return diff(after, before).flatMap(([side, line]) => (side === 0 ? [] : [`${side === 1 ? '+' : '-'} ${line}`]));
}
