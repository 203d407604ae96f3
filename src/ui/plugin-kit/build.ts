import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { capabilityFault } from '../../capability/rules.ts';
import { loadPluginManifest } from '../../manifest/load-plugin.ts';
import { API_VERSION } from '../../manifest/plugin-manifest.ts';
import type { Door } from '../door.ts';
import { inspect } from './child.ts';
import type { Defined } from './definition.ts';
import { type Entry, entriesOf, invalid, type PackageJson, readPackage } from './package.ts';

/** `toka plugins build [PATH]`: writes what the built modules define into package.json. */
export async function buildPlugin(path: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const folder = resolve(door.cwd, path);
  const { text, value } = readPackage(folder);
  const parts = await readParts(folder);
  const wanted = described(text, value, parts);
  const file = join(folder, 'package.json');
  if (wanted !== text) writeFileSync(file, wanted);
  const { name, version } = await loadPluginManifest(file, 'plugin', capabilityFault);
  const contributes = parts.map(({ kind, contribution }) => ({ kind, id: contribution['id'] }));
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-build/v1', file, name, version, written: wanted !== text, contributes })}\n`);
  else door.stdout.write(`${wanted === text ? `${file} is as it should be` : `wrote ${file}`}: ${contributes.map(({ kind, id }) => `${id as string} (${kind})`).join(', ')}\n`);
  return 0;
}

/**
 * The text that the package.json of a plugin should have.
 *
 * @throws TokaError TOKA_PLUGIN_INVALID
 */
export async function describePackage(folder: string, text: string, value: PackageJson): Promise<string> {
  return described(text, value, await readParts(folder));
}

async function readParts(folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const entry of entriesOf(folder)) parts.push(await readPart(folder, entry));
  return parts;
}

function described(text: string, value: PackageJson, parts: readonly Part[]): string {
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  return `${JSON.stringify({ ...value, toka: block(parts, value.toka) }, undefined, indent)}\n`;
}

export interface Part {
  readonly kind: Defined['kind'];
  readonly contribution: JsonObject;
}

async function readPart(folder: string, { name, entry }: Entry): Promise<Part> {
  const { kind, id, contribution, verdicts } = await inspect({ file: join(folder, entry), entry });
  const failed = verdicts.find(({ rule, reason }) => rule === 'import/ends' && reason !== undefined);
  if (failed) throw invalid(`${entry} cannot be imported: ${failed.reason ?? ''}`, 'import it with node to see where it fails');
  if (kind === undefined || contribution === undefined) throw invalid(`${entry} has no default export made by defineTool, defineRuntime, defineStorage, defineProvider, defineEngine, defineAnalyser or defineSearch`, `export default define…({…}) in src/${name}.ts, or move it into a folder of src/`);
  // Two of a name, of different kinds, cannot both have it as their file's.
  if (id !== name && `${id}-${kind.replace(/s$/, '')}` !== name) throw invalid(`src/${name}.ts defines ${id}: what a plugin adds is named like its file`, `rename the file, or what it defines`);
  return { kind, contribution };
}

const KINDS: readonly Defined['kind'][] = ['tools', 'runtimes', 'storage', 'providers', 'engines', 'analysers', 'search'];

/** The `toka` block; what a person has written into it by hand (a configSchema) stays. */
export function block(parts: readonly Part[], before: JsonObject = {}): JsonObject {
  const tools = parts.filter(({ kind }) => kind === 'tools').map(({ contribution }) => contribution['capabilities'] as unknown as { readonly required: readonly string[]; readonly optional: readonly string[] });
  const required = union(tools.map((each) => each.required));
  const optional = union(tools.map((each) => each.optional)).filter((capability) => !required.includes(capability));
  return {
    manifestVersion: 1,
    api: `^${API_VERSION.major}.${API_VERSION.minor}`,
    contributes: Object.fromEntries(
      KINDS.flatMap((kind) => {
        const found = parts.filter((part) => part.kind === kind).map(({ contribution }) => contribution);
        return found.length === 0 ? [] : [[kind, found]];
      }),
    ),
    ...(tools.length > 0 ? { capabilities: { required, optional } } : {}),
    ...(before['configSchema'] === undefined ? {} : { configSchema: before['configSchema'] }),
  };
}

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].toSorted();
}
