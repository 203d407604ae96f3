import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { capabilityFault } from '../../capability/rules.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import { quote } from '../../manifest/issue.ts';
import { hookOf, type InstalledOptions, loadPluginManifest } from '../../manifest/load-plugin.ts';
import type { Effect, JsonValue } from '@toka/sdk';
import type { Fetched } from './fetch.ts';
import { pathOf } from './spec.ts';

/** All that is told of a plugin before anything of it runs. */
export interface PluginFacts {
  readonly name: string;
  readonly version: string;
  /** What qualifies the names of its tools. */
  readonly source: string;
  readonly contributions: readonly Contribution[];
  readonly commands: readonly PluginCommand[];
  /** Whether it says more of its tools when the index is built, by a hook that runs in a sandbox. */
  readonly asksHook: boolean;
  /** The scripts that npm would run when it is installed. */
  readonly scripts: readonly string[];
  /** `name@range`. */
  readonly dependencies: readonly string[];
}

export interface Contribution {
  readonly kind: string;
  readonly id: string;
  readonly summary: string;
  readonly effect?: Effect;
  readonly capabilities: { readonly required: readonly string[]; readonly optional: readonly string[] };
  /** Tools run in a sandbox of their own, all else in toka's own process with all that the person may do. */
  readonly runs: 'sandboxed' | 'in-process';
}

export interface PluginCommand {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly summary: string;
}

const packageJson = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  oclif: z.looseObject({ commands: z.unknown().optional() }).optional(),
});

const text = z.string().nullish();
const commandManifest = z.object({
  version: z.string(),
  commands: z.record(
    z.string().regex(/^[a-z0-9][\w-]*(?::[a-z0-9][\w-]*)*$/i),
    z.object({ summary: text, description: text, aliases: z.array(z.string()).default([]), hiddenAliases: z.array(z.string()).default([]) }),
  ),
});

/** It becomes part of paths. */
const NAME = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/;

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

/**
 * Reads what the package in a folder says that it brings.
 *
 * @param installed Also asks its hook, where it says how. Default: nothing of it runs.
 * @throws TokaError TOKA_MANIFEST_INVALID, TOKA_PLUGIN_INCOMPATIBLE, TOKA_PLUGIN_UNBUILT
 */
export async function factsOf(folder: string, installed: InstalledOptions = { plugin: { root: folder } }): Promise<PluginFacts> {
  const file = join(folder, 'package.json');
  const { name, version, source, manifest } = await loadPluginManifest(file, 'plugin', capabilityFault, installed);
  const value = asJson(file);
  const parsed = packageJson.safeParse(value);
  if (!parsed.success) throw new TokaError('TOKA_MANIFEST_INVALID', `${file}: ${z.prettifyError(parsed.error)}`, { where: { file }, hint: 'correct the file' });
  if (!NAME.test(name)) throw new TokaError('TOKA_MANIFEST_INVALID', `expected the name of a package, found ${quote(name)}`, { where: { file }, hint: 'correct the file' });
  const { scripts, dependencies, oclif } = parsed.data;
  return {
    name,
    version,
    source,
    contributions: Object.entries(manifest.contributes).flatMap(([kind, entries]) => entries.map((entry) => contribution(kind, entry))),
    commands: commandsOf(folder, version, oclif?.commands !== undefined),
    asksHook: hookOf(value) !== undefined,
    scripts: Object.keys(scripts).filter((script) => INSTALL_SCRIPTS.includes(script)),
    dependencies: Object.entries(dependencies).flatMap(([dependency, range]) => (dependency === '@toka/sdk' ? [] : [`${dependency}@${range}`])),
  };
}

/** What loads a manifest bears YAML and byte order marks; npm and Node.js, which read this file too, do not. */
function asJson(file: string): JsonValue {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JsonValue;
  } catch (cause) {
    throw new TokaError('TOKA_MANIFEST_INVALID', `${file}: expected JSON: ${(cause as Error).message}`, { cause, where: { file }, hint: 'correct the file' });
  }
}

/** Reads the same of a folder that somebody works in. Where there is not yet what its build would make, that is said. */
export async function factsOfFolder(root: string, shown = root): Promise<PluginFacts> {
  try {
    return await factsOf(root);
  } catch (thrown) {
    const problems = (toTokaError(thrown).data?.['problems'] ?? []) as readonly { readonly code: string; readonly path: string; readonly found?: string }[];
    const unmade = problems.flatMap(({ code, path, found }) => {
      if (code === 'missing-key' && path === 'toka') return ['its toka block'];
      return code === 'file-missing' && path.endsWith('.entry') && found !== undefined ? [found] : [];
    });
    if (unmade.length === 0 || !hasBuild(root)) throw thrown;
    throw new TokaError('TOKA_PLUGIN_UNBUILT', `${shown} is not built: ${unmade.join(', ')} ${unmade.length === 1 ? 'is' : 'are'} missing`, {
      cause: thrown,
      hint: `npm install && npm run build in ${shown}, then try again`,
    });
  }
}

function hasBuild(root: string): boolean {
  const { scripts } = parse(join(root, 'package.json')) as { readonly scripts?: { readonly build?: string } };
  return scripts?.build !== undefined;
}

/**
 * Reads the same of a package that was fetched. Where it is unpacked is gone when somebody reads what is wrong, so that is told by its place in the package.
 *
 * @throws as `factsOf`
 */
export async function factsOfFetched({ folder, spec }: Fetched): Promise<PluginFacts> {
  try {
    return spec.from === 'folder' ? await factsOfFolder(folder, pathOf(spec)) : await factsOf(folder);
  } catch (cause) {
    const { code, message, hint, where, data } = toTokaError(cause);
    const inside = (told: string): string => told.replaceAll(`${folder}/`, '').replaceAll(folder, 'the package');
    throw new TokaError(code, inside(message), {
      cause,
      ...(code === 'TOKA_MANIFEST_INVALID' && spec.from !== 'folder' ? { hint: 'nothing was installed; ask the author of the plugin, or install another version of it' } : hint === undefined ? {} : { hint }),
      ...(where ? { where: { ...where, file: inside(where.file) } } : {}),
      ...(data ? { data: JSON.parse(inside(JSON.stringify(data))) as typeof data } : {}),
    });
  }
}

interface Declared {
  readonly id: string;
  readonly summary: string;
  readonly effect?: Effect;
  readonly capabilities?: { readonly required: readonly string[]; readonly optional: readonly string[] } | undefined;
}

function contribution(kind: string, { id, summary, effect, capabilities = { required: [], optional: [] } }: Declared): Contribution {
  return { kind, id, summary, ...(effect === undefined ? {} : { effect }), capabilities, runs: kind === 'tools' ? 'sandboxed' : 'in-process' };
}

/** Without its list of commands oclif would load all of them to make one: a plugin that has commands brings the list along. */
function commandsOf(folder: string, version: string, has: boolean): PluginCommand[] {
  const file = ['oclif.manifest.json', '.oclif.manifest.json'].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined && !has) return [];
  if (file === undefined) throw unbuilt(`${folder} has commands, and no oclif.manifest.json that lists them`);
  const parsed = commandManifest.safeParse(parse(file));
  if (!parsed.success) throw unbuilt(`${file} is not what oclif writes: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.version !== version) throw unbuilt(`${file} is of version ${parsed.data.version}, and the package of ${version}`);
  return Object.entries(parsed.data.commands).map(([id, { summary, description, aliases, hiddenAliases }]) => ({
    id,
    aliases: [...aliases, ...hiddenAliases],
    summary: (summary ?? description ?? '').split('\n')[0] ?? '',
  }));
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function unbuilt(message: string): TokaError {
  return new TokaError('TOKA_PLUGIN_UNBUILT', message, { hint: 'its author runs `oclif manifest` before it is packed; in a folder of your own run its build' });
}
