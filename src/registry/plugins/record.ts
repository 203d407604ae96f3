import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { replaceFile } from '../../replace-file.ts';

/** Where the package of a plugin came from. */
export type PluginOrigin = 'registry' | 'tarball' | 'folder' | 'git' | 'link';

/** A plugin that a person has installed or linked. Plain data. */
export interface InstalledPlugin {
  /** The name of its package. */
  readonly name: string;
  readonly version: string;
  readonly from: PluginOrigin;
  /** What it is fetched by when it is updated, in npm's words; the folder of one that is linked. */
  readonly spec: string;
  /** The folder that holds all of its code, absolute. */
  readonly root: string;
  /** Its package.json, absolute. */
  readonly packageFile: string;
  /** SHA-512 of the tarball, as `sha512-…`; absent where it is linked, and so unverified. */
  readonly integrity?: string;
  /** SHA-256 of all installed files, see intact.ts; absent where it is linked. */
  readonly files?: string;
  /** The ids of its commands. */
  readonly commands: readonly string[];
  /** When, in ISO 8601. */
  readonly installedAt: string;
}

/** The form of the record; another one is another meaning. */
const RECORD_VERSION = 1;

/** The folder of the record, which no run sees: what stands there decides whose code is loaded. */
export function recordFolder(data: string): string {
  return join(data, 'record');
}

/** The folder in which is kept what the hooks of plugins said, and what of that somebody has agreed to. */
export function answersFolder(data: string): string {
  return join(recordFolder(data), 'hooks');
}

/** The folder that installed plugins stand in. */
export function storeFolder(data: string): string {
  return join(data, 'plugins');
}

/**
 * The plugins of a user, by name. One small file: it is read on every start.
 *
 * @param data The user's data folder.
 * @throws TokaError TOKA_INTEGRITY where it is damaged
 */
export function readInstalled(data: string): readonly InstalledPlugin[] {
  const file = recordFile(data);
  if (!existsSync(file)) return [];
  try {
    const { version, plugins } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown; plugins?: unknown };
    if (version === RECORD_VERSION && Array.isArray(plugins) && plugins.every(isInstalled)) return plugins;
  } catch (cause) {
    throw damaged(file, cause);
  }
  throw damaged(file);
}

/** @throws TokaError TOKA_FS_FAILED */
export function writeInstalled(data: string, plugins: readonly InstalledPlugin[]): void {
  const sorted = plugins.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  try {
    makeFolder(recordFolder(data), 0o700);
    replaceFile(recordFile(data), `${JSON.stringify({ version: RECORD_VERSION, plugins: sorted }, undefined, 2)}\n`, 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot write ${recordFile(data)}: ${(cause as Error).message}`, { cause, hint: 'check the permissions and the free space of that folder' });
  }
}

function recordFile(data: string): string {
  return join(recordFolder(data), 'plugins.json');
}

function damaged(file: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_INTEGRITY', `the record of installed plugins, ${file}, is damaged or of another toka`, {
    cause,
    hint: 'remove it, and install the plugins again with toka plugins install',
  });
}

const TEXTS = ['name', 'version', 'from', 'spec', 'root', 'packageFile', 'installedAt'] as const;

function isInstalled(value: unknown): value is InstalledPlugin {
  if (typeof value !== 'object' || value === null) return false;
  const plugin = value as Readonly<Record<string, unknown>>;
  const isText = (text: unknown): boolean => typeof text === 'string';
  const isVerified = isText(plugin['integrity']) && isText(plugin['files']);
  return TEXTS.every((key) => isText(plugin[key])) && Array.isArray(plugin['commands']) && plugin['commands'].every(isText) && (isVerified || plugin['from'] === 'link');
}
