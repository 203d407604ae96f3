import { dirname, resolve } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import type { TokaError } from '../errors.ts';
import type { CheckCapability } from './checks.ts';
import type { Issue } from './issue.ts';
import { issuesError, parseOrThrow } from './load.ts';
import { defaultRisk, normaliseCapabilities } from './normalise.ts';
import { checkPlugin } from './plugin-checks.ts';
import { packageFile, type PluginTool } from './plugin-manifest.ts';
import { problemsError, toProblem } from './problems.ts';
import { readTextFile } from './read.ts';
import type { Origin, ParametersSchema, Tool } from './tool.ts';
import type { Parsed } from './yaml.ts';
import { check } from './zod-issues.ts';

export interface Plugin {
  /** The name of the package. */
  readonly name: string;
  readonly version: string;
  /** The short name that qualifies its tools. */
  readonly source: string;
  readonly tools: readonly Tool[];
}

/**
 * Loads what a plugin declares in its package.json. Nothing of the plugin is imported.
 *
 * @param file The package.json.
 * @param kind Whether toka brings the plugin or a person installed it.
 * @param checkCapability Says what is wrong with the text of a capability, or nothing. Default: only its shape is checked.
 * @throws TokaError TOKA_MANIFEST_INVALID with the first place in `where` and every problem in `data.problems`.
 */
export async function loadPluginManifest(file: string, kind: Origin['kind'], checkCapability?: CheckCapability): Promise<Plugin> {
  const path = resolve(file);
  const read = readTextFile(path);
  if ('issue' in read) throw problemsError('TOKA_MANIFEST_INVALID', path, [toProblem(read.issue)]);
  const { text } = read;
  const { value, positions } = kind === 'bundled' ? asPublished(text, path) : parseOrThrow('TOKA_MANIFEST_INVALID', text, path);
  const fail = (issues: readonly Issue[]): TokaError => issuesError('TOKA_MANIFEST_INVALID', path, issues, parseOrThrow('TOKA_MANIFEST_INVALID', text, path));
  const checked = check(packageFile, value, (part) => positions?.sourceOf(part));
  if (!('data' in checked)) throw fail(checked.issues);
  const { name, version, toka } = checked.data;
  const issues = checkPlugin(toka, ['toka'], checkCapability);
  if (issues.length > 0) throw fail(issues);
  const source = pluginSource(name);
  return { name, version, source, tools: toka.contributes.tools.map((tool) => toTool(tool, source, version, { kind, file: path })) };
}

/** What comes with toka was read strictly when it was built: parsing it with positions would take a third of the time that a first index takes. */
function asPublished(text: string, path: string): { readonly value: JsonValue; readonly positions?: Parsed['positions'] } {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return parseOrThrow('TOKA_MANIFEST_INVALID', text, path);
  }
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
