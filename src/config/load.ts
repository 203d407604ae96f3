import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemsError, toProblem } from '../manifest/problems.ts';
import { readTextFile } from '../manifest/read.ts';
import { ADMINISTRATOR_FILE, type AdministratorFile, loadAdministrator } from './administrator.ts';
import type { Config } from './config.ts';
import type { Layer } from './layers.ts';
import type { CheckCapability } from './parse.ts';
import { userConfigFile, userFolders, userProjectConfigFile, type Project } from './paths.ts';
import { hexDigest } from '../digest.ts';
import { makeFolder } from '../make-folder.ts';

/** Part of every key of the cache: raised when `Config` or what is accepted changes. */
const CACHE_VERSION = 6;

export interface ReadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: only the shape of a capability is checked. */
  readonly checkCapability?: CheckCapability;
  /** Default: `/etc/toka/policy.yaml` of root. */
  readonly administrator?: AdministratorFile;
}

/** A configuration file with the text that it was read from, so that trust is decided on the same bytes. */
export interface ReadConfig {
  readonly text: string;
  readonly config: Config;
}

/**
 * Reads a configuration file. The parsed form is kept in the user's cache under the digest of the text, so that an unchanged file costs one
 * hash and one `JSON.parse`.
 *
 * @param file Absolute path.
 * @returns `undefined` where there is no such file.
 * @throws TokaError TOKA_CONFIG_INVALID
 */
export async function readConfig(file: string, { env, checkCapability }: ReadOptions = {}): Promise<ReadConfig | undefined> {
  // Asked first, since most of these files are not there, and an error takes longer than the look.
  if (isMissing(file)) return undefined;
  const read = readTextFile(file);
  if ('issue' in read) {
    if (read.issue.code === 'file-missing') return undefined;
    throw problemsError('TOKA_CONFIG_INVALID', file, [toProblem(read.issue)]);
  }
  const { text } = read;
  const cacheFile = join(userFolders(env).cache, 'config', `${hexDigest(`${CACHE_VERSION}\n${text}`)}.json`);
  const cached = readCache(cacheFile);
  if (cached !== undefined) return { text, config: cached };
  const { parseConfig } = await import('./parse.ts');
  const config = parseConfig(text, file, checkCapability);
  writeCache(cacheFile, config);
  return { text, config };
}

/**
 * Reads the configuration that holds for a project, lowest layer first: the user's, the user's for this project, the project's own; before
 * them the administrator's, which nothing overrides.
 *
 * @param isTrusted Whether the project's configuration, with just this text, is trusted by the user.
 * @throws TokaError TOKA_CONFIG_INVALID, TOKA_POLICY_UNSAFE
 */
export async function loadLayers(
  project: Project | undefined,
  isTrusted: (root: string, text: string) => boolean,
  options: ReadOptions = {},
): Promise<Layer[]> {
  const administrator = await loadAdministrator(options.administrator ?? ADMINISTRATOR_FILE, options.checkCapability);
  const layers: Layer[] = administrator === undefined ? [] : [administrator];
  const add = async (origin: Exclude<Layer['origin'], 'administrator'>, file: string, trusted: (text: string) => boolean) => {
    const read = await readConfig(file, options);
    if (read !== undefined) layers.push({ origin, file, config: read.config, trusted: trusted(read.text) });
  };
  await add('user', userConfigFile(options.env), () => true);
  if (project === undefined) return layers;
  const { root, configFile } = project;
  await add('user-project', userProjectConfigFile(root, options.env), () => true);
  if (configFile !== undefined) await add('project', configFile, (text) => isTrusted(root, text));
  return layers;
}

/** Whether there is nothing of that name. What cannot be looked at may hold rules: reading it says why it cannot be read. */
function isMissing(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function readCache(file: string): Config | undefined {
  try {
    const config = JSON.parse(readFileSync(file, 'utf8')) as Partial<Config>;
    return Array.isArray(config.policy?.deny) && Array.isArray(config.policy.ask) && Array.isArray(config.policy.allow) ? (config as Config) : undefined;
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written only costs time. */
function writeCache(file: string, config: Config): void {
  const temporary = `${file}.${process.pid}`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(temporary, JSON.stringify(config), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    return;
  }
}
