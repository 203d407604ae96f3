import { dirname, resolve } from 'node:path';
import type { CheckCapability } from './checks.ts';
import { issuesError, parseOrThrow } from './load.ts';
import { defaultRisk, normaliseCapabilities } from './normalise.ts';
import { checkPlugin } from './plugin-checks.ts';
import { packageFile, type PluginTool } from './plugin-manifest.ts';
import { problemsError, toProblem } from './problems.ts';
import { readTextFile } from './read.ts';
import type { Origin, ParametersSchema, Tool } from './tool.ts';
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
  const parsed = parseOrThrow('TOKA_MANIFEST_INVALID', read.text, path);
  const checked = check(packageFile, parsed.value, (part) => parsed.positions.sourceOf(part));
  if (!('data' in checked)) throw issuesError('TOKA_MANIFEST_INVALID', path, checked.issues, parsed);
  const { name, version, toka } = checked.data;
  const issues = checkPlugin(toka, ['toka'], checkCapability);
  if (issues.length > 0) throw issuesError('TOKA_MANIFEST_INVALID', path, issues, parsed);
  const source = pluginSource(name);
  return { name, version, source, tools: toka.contributes.tools.map((tool) => toTool(tool, source, version, { kind, file: path })) };
}

/** The short name of a plugin: `files` for `@toka/plugin-files` and `toka-plugin-files`, the whole name for others. */
export function pluginSource(name: string): string {
  return name.replace(/^(?:@toka\/plugin-|toka-plugin-)(?=.)/, '');
}

function toTool(declared: PluginTool, source: string, version: string, origin: Origin): Tool {
  const { id, entry, summary, category, tags, params, output, capabilities, effect, level, risk, examples } = declared;
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
