import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import type { Anchors } from './capability/grammar.ts';
import { capabilityFault } from './capability/rules.ts';
import { trustFileOf, trustState } from './capability/trust.ts';
import type { AdministratorFile } from './config/administrator.ts';
import { type Layer, mergeLayers, type Settings } from './config/layers.ts';
import { loadLayers } from './config/load.ts';
import { ownPackage, packageRoot } from './config/package-root.ts';
import { findProject, homeFolder, type Project, projectId, userFolders } from './config/paths.ts';
import type { StorageChoice } from './config/storage.ts';
import { TokaError, toTokaError } from './errors.ts';
import type { Tool } from './manifest/tool.ts';
import { requireIntact } from './registry/plugins/intact.ts';
import { answersFolder, type InstalledPlugin, readInstalled } from './registry/plugins/record.ts';
import { type AgentFolder, type Agents, openAgents } from './registry/agents.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import type { IndexOptions, Source } from './registry/sources.ts';
import { realPathOf } from './runtime/tool-fs-locate.ts';

export interface WorkspaceOptions {
  /** The caller's folder; decides the project. Default: the process's own. */
  readonly cwd?: string;
  /** Default: the process's own. A token in the file that `TOKA_TOKEN_FILE` names limits everything that is asked for here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The administrator's policy, which only takes away, and the number of the user who alone may write it. Default: `/etc/toka/policy.yaml` of root. */
  readonly administrator?: AdministratorFile;
  /** Where the journal is kept. Default: what the configuration says. */
  readonly storage?: StorageChoice;
}

/** What holds in a folder before anything is asked for: its project, the configuration that counts there, and the tools. */
export interface Workspace {
  /** The caller's folder, by its real path. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folders: ReturnType<typeof userFolders>;
  readonly project: Project | undefined;
  /** The project's root, or the caller's folder. */
  readonly root: string;
  readonly anchors: Anchors;
  readonly layers: readonly Layer[];
  readonly settings: Settings;
  readonly registry: Registry;
  readonly agents: Agents;
  /** The plugins that the user has installed or linked. */
  readonly plugins: readonly InstalledPlugin[];
  /** Asks the hook of a plugin that was agreed to what else it contributes. */
  readonly askHook: NonNullable<IndexOptions['ask']>;
}

/** @throws TokaError TOKA_CONFIG_INVALID, TOKA_POLICY_UNSAFE, TOKA_INTEGRITY (the list of trusted projects, or that of installed plugins, is damaged) */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const cwd = realPathOf(options.cwd ?? process.cwd());
  const env = options.env ?? process.env;
  const folders = userFolders(env);
  const project = findProject(cwd);
  const root = project?.root ?? cwd;
  const trustFile = trustFileOf(folders.state, root);
  const layers = await loadLayers(project, (projectRoot, text) => trustState(trustFile, projectRoot, text) === 'trusted', {
    env,
    checkCapability: capabilityFault,
    ...(options.administrator === undefined ? {} : { administrator: options.administrator }),
  });
  const settings = mergeLayers(layers, options.storage);
  const plugins = readInstalled(folders.data);
  const askHook: Workspace['askHook'] = async (plugin, hook) => {
    const { askOnce } = await import('./registry/plugins/hook-answer.ts');
    return askOnce(plugin, hook, folders.data, async () => {
      const runtime = await import('./runtime/manifest-hook.ts');
      requireIntactIn(plugins, plugin.root, folders.cache);
      return runtime.askHook(plugin, hook, { require: settings.require });
    });
  };
  const registry = openRegistry({
    file: join(folders.cache, 'index', `${project ? projectId(root) : 'none'}.db`),
    sources: sourcesOf(project, settings, folders.config, plugins),
    prefer: settings.prefer,
    tokaVersion: ownPackage().version,
    checkCapability: capabilityFault,
    ask: askHook,
    answers: answersFolder(folders.data),
    thread: join(import.meta.dirname, `index-thread${extname(import.meta.filename)}`),
  });
  return { cwd, env, folders, project, root, anchors: { root, home: homeFolder(env), realPath: realPathOf, isFolder }, layers, settings, registry, agents: openAgents(agentFolders(project, folders.config), { prefer: settings.prefer, checkCapability: capabilityFault, cache: { folder: join(folders.cache, 'agents'), version: ownPackage().version } }), plugins, askHook };
}

/** All places that tools come from. What toka brings along is found by its own package, whatever folder it runs in. */
function sourcesOf(project: Project | undefined, { paths }: Settings, configFolder: string, plugins: readonly InstalledPlugin[]): Source[] {
  const own = join(packageRoot(), 'manifests');
  const realOwn = realPathOf(own);
  const folder = (name: string, kind: 'bundled' | 'project' | 'user', path: string, root: string): Source => ({ type: 'folder', name, kind, folder: path, root });
  const isOwn = (path: string): boolean => realPathOf(path) === realOwn;
  const sources: Source[] = [
    ...ownPackage().toka.plugins.map((name): Source => ({ type: 'package', kind: 'bundled', packageFile: packageFile(name) })),
    ...plugins.map(({ packageFile: file, root, integrity }): Source => ({
      type: 'package',
      kind: 'plugin',
      packageFile: file,
      plugin: { root, ...(integrity === undefined ? {} : { integrity }) },
    })),
    folder('toka', 'bundled', own, packageRoot()),
    folder('user', 'user', join(configFolder, 'tools'), join(configFolder, 'tools')),
    ...paths.map(({ path, origin }) => (origin === 'project' ? folder('project', 'project', path, rootOf(path, project)) : folder('user', 'user', path, path))),
  ];
  if (!project) return sources;
  const local = ['manifests', join('.toka', 'tools')].map((name) => join(project.root, name)).filter((path) => !isOwn(path));
  return [...sources, ...local.map((path) => folder('project', 'project', path, project.root))];
}

/** What a project's manifest names lies in the project, and that of a folder which the project names outside of it in that folder. */
function rootOf(path: string, project: Project | undefined): string {
  const isInside = project !== undefined && !relative(project.root, path).startsWith('..');
  return isInside ? project.root : path;
}

/** All places that agents come from. */
function agentFolders(project: Project | undefined, configFolder: string): AgentFolder[] {
  const own: AgentFolder = { source: 'toka', kind: 'bundled', folder: join(packageRoot(), 'manifests', 'agents') };
  const user: AgentFolder = { source: 'user', kind: 'user', folder: join(configFolder, 'agents') };
  const local = (project ? [join('manifests', 'agents'), join('.toka', 'agents')] : []).map((name): AgentFolder => ({ source: 'project', kind: 'project', folder: join(project?.root ?? '', name) }));
  return [own, user, ...local.filter(({ folder }) => realPathOf(folder) !== realPathOf(own.folder))];
}

/**
 * Makes sure that the code of a tool, where a plugin brings it, is what was installed.
 *
 * @throws TokaError TOKA_INTEGRITY
 */
export function requireIntactTool({ origin }: Tool, plugins: readonly InstalledPlugin[], cache: string): void {
  if (origin.plugin) requireIntactIn(plugins, origin.plugin.root, cache);
}

/**
 * The package.json of each plugin: those that come with toka, and those that are installed, as they were, and can be read.
 *
 * @param skipped Told why the code of one is not to be loaded.
 */
export function pluginFiles(env: Workspace['env'], skipped: (error: TokaError) => void = () => undefined): string[] {
  const { cache, data } = userFolders(env);
  const installed = readInstalled(data).filter((plugin) => {
    try {
      requireIntact(plugin, cache);
      JSON.parse(readFileSync(plugin.packageFile, 'utf8'));
      return true;
    } catch (thrown) {
      skipped(toTokaError(thrown));
      return false;
    }
  });
  return [...ownPackage().toka.plugins.map((name) => packageFile(name)), ...installed.map((plugin) => plugin.packageFile)];
}

function requireIntactIn(plugins: readonly InstalledPlugin[], root: string, cache: string): void {
  const plugin = plugins.find((one) => one.root === root);
  if (plugin) requireIntact(plugin, cache);
}

/** Looks for a package as Node.js does, whose own way takes some milliseconds. */
export function packageFile(name: string, folder = packageRoot()): string {
  const file = join(folder, 'node_modules', name, 'package.json');
  if (existsSync(file)) return realpathSync.native(file);
  if (dirname(folder) !== folder) return packageFile(name, dirname(folder));
  throw new TokaError('TOKA_INTERNAL', `the files of toka are not complete: its package ${name} is missing`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A loop of symlinks, or a folder above it that is closed to us.
    return false;
  }
}
