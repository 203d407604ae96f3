import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import type { CheckCapability } from './checks.ts';
import { quote, type Issue } from './issue.ts';
import { issuesError, parseOrThrow } from './load.ts';
import { defaultRisk, normaliseCapabilities } from './normalise.ts';
import { apiFault, checkPlugin } from './plugin-checks.ts';
import { packageFile, type PluginManifest, type PluginTool } from './plugin-manifest.ts';
import { problemsError, toProblem } from './problems.ts';
import { readTextFile } from './read.ts';
import type { Origin, PackageOrigin, ParametersSchema, Tool } from './tool.ts';
import type { Parsed } from './yaml.ts';
import { check } from './zod-issues.ts';

export interface Plugin {
  /** The name of the package. */
  readonly name: string;
  readonly version: string;
  /** The short name that qualifies its tools. */
  readonly source: string;
  readonly tools: readonly Tool[];
  readonly manifest: PluginManifest;
}

/** A plugin whose files are there: what it names must be among them. */
export interface InstalledOptions {
  readonly plugin: PackageOrigin;
  /** Asks its hook `toka:manifest` which tools it has besides. Default: it is not asked. */
  readonly ask?: ((this: void, plugin: PackageOrigin, hook: string) => Promise<JsonValue>) | undefined;
}

/**
 * Loads what a plugin declares in its package.json. Nothing of the plugin is imported here.
 *
 * @param file The package.json.
 * @param kind Whether toka brings the plugin or a person installed it.
 * @param checkCapability Says what is wrong with the text of a capability, or nothing. Default: only its shape is checked.
 * @throws TokaError TOKA_MANIFEST_INVALID with the first place in `where` and every problem in `data.problems`; TOKA_PLUGIN_INCOMPATIBLE;
 * whatever `ask` throws
 */
export async function loadPluginManifest(file: string, kind: Origin['kind'], checkCapability?: CheckCapability, installed?: InstalledOptions): Promise<Plugin> {
  const path = resolve(file);
  const read = readTextFile(path);
  if ('issue' in read) throw problemsError('TOKA_MANIFEST_INVALID', path, [toProblem(read.issue)]);
  const { text } = read;
  const { value, positions } = kind === 'bundled' ? asPublished(text, path) : parseOrThrow('TOKA_MANIFEST_INVALID', text, path);
  const fail = (issues: readonly Issue[]): TokaError => issuesError('TOKA_MANIFEST_INVALID', path, issues, parseOrThrow('TOKA_MANIFEST_INVALID', text, path));
  refuseIncompatible(value, path);
  const hook = installed?.ask ? hookOf(value) : undefined;
  const more = hook === undefined || !installed?.ask ? [] : toolsOf(await installed.ask(installed.plugin, resolve(dirname(path), hook)), path);
  const checked = check(packageFile, more.length === 0 ? value : withTools(value, more), (part) => positions?.sourceOf(part));
  if (!('data' in checked)) throw fail(checked.issues);
  const { name, version, toka } = checked.data;
  const issues = [...checkPlugin(toka, ['toka'], checkCapability), ...(installed ? checkEntries(toka, dirname(path)) : [])];
  if (issues.length > 0) throw fail(issues);
  const source = pluginSource(name);
  const origin: Origin = { kind, file: path, ...(installed ? { plugin: installed.plugin } : {}) };
  return { name, version, source, tools: toka.contributes.tools.map((tool) => toTool(tool, source, version, origin)), manifest: toka };
}

/** What comes with toka was read strictly when it was built: parsing it with positions would take a third of the time that a first index takes. */
function asPublished(text: string, path: string): { readonly value: JsonValue; readonly positions?: Parsed['positions'] } {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return parseOrThrow('TOKA_MANIFEST_INVALID', text, path);
  }
}

/** Asked before anything else: a plugin for another API may well have keys that are unknown here. */
function refuseIncompatible(value: JsonValue, path: string): void {
  const { name, toka } = asObject(value);
  const { api } = asObject(toka);
  const fault = typeof api === 'string' ? apiFault(api) : undefined;
  if (fault === undefined) return;
  const plugin = typeof name === 'string' ? name : path;
  throw new TokaError('TOKA_PLUGIN_INCOMPATIBLE', `${quote(plugin)} works with the plugin API ${quote(api)}, and this toka offers ${fault.offered}`, {
    where: { file: path },
    hint: fault.isNewer ? 'install a newer toka: npm install --global toka@latest' : `install a newer version of it: toka plugins update ${plugin}`,
    data: { api: String(api), offered: fault.offered },
  });
}

/** The module of a plugin's hook `toka:manifest`, as its package.json names it for oclif. */
export function hookOf(value: JsonValue): string | undefined {
  const hook = asObject(asObject(asObject(value)['oclif'])['hooks'])['toka:manifest'];
  const first: unknown = Array.isArray(hook) ? hook[0] : hook;
  const target: unknown = typeof first === 'string' ? first : asObject(first)['target'];
  return typeof target === 'string' ? target : undefined;
}

/** Code can answer anything: it must be an object with tools. */
function toolsOf(answer: JsonValue, path: string): readonly JsonValue[] {
  const { tools } = asObject(answer);
  if (Array.isArray(tools)) return tools as readonly JsonValue[];
  throw new TokaError('TOKA_PLUGIN_FAILED', `expected an object with a list of tools from the hook toka:manifest, found ${quote(answer)}`, {
    where: { file: path },
    hint: 'report it to the author of the plugin',
  });
}

function withTools(value: JsonValue, more: readonly JsonValue[]): JsonValue {
  const { toka, ...rest } = asObject(value);
  const { contributes, ...block } = asObject(toka);
  const { tools, ...others } = asObject(contributes);
  const all: JsonValue[] = [...(Array.isArray(tools) ? (tools as JsonValue[]) : []), ...more];
  return { ...rest, toka: { ...block, contributes: { ...others, tools: all } } };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What is declared must be there, and in the package: links are followed. */
function checkEntries({ contributes }: PluginManifest, root: string): Issue[] {
  return Object.entries(contributes).flatMap(([kind, entries]) =>
    entries.flatMap(({ entry }, index): Issue[] => {
      const path = ['toka', 'contributes', kind, index, 'entry'];
      const target = resolve(root, entry);
      if (statSync(target, { throwIfNoEntry: false })?.isFile() !== true) return [{ path, code: 'file-missing', expected: 'a file of the package', found: quote(entry) }];
      const isInside = realpathSync.native(target).startsWith(`${realpathSync.native(root)}/`);
      return isInside ? [] : [{ path, code: 'outside', expected: 'a file of the package', found: `${quote(entry)}, a link that leads out of it` }];
    }),
  );
}

/** The short name of a plugin: `files` for `@toka/plugin-files` and `toka-plugin-files`, the whole name for others. */
export function pluginSource(name: string): string {
  return name.replace(/^(?:@toka\/plugin-|toka-plugin-)(?=.)/, '');
}

function toTool(declared: PluginTool, source: string, version: string, origin: Origin): Tool {
  const { id, entry, summary, category, tags, params, output, capabilities, effect, cache, level, risk, examples } = declared;
  return {
    name: id,
    qualified: `${source}/${id}`,
    source,
    origin,
    version,
    category,
    description: summary,
    tags,
    executable: { type: 'native', entry: resolve(dirname(origin.file), entry) },
    // The schema of the manifest allows just what this type says; zod writes absent members as `| undefined`.
    params: params as ParametersSchema,
    output,
    capabilities: normaliseCapabilities(capabilities),
    effect,
    ...(cache === true ? { cache } : {}),
    level,
    risk: risk ?? defaultRisk(effect),
    sandbox: {},
    examples: examples.map((one) => ({
      description: one.description,
      params: one.params,
      ...(one.exitCode === undefined ? {} : { exitCode: one.exitCode }),
    })),
  };
}
