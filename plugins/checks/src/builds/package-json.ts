import { coded } from '@toka/sdk';
import type { Folder } from './folder.ts';

export interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  /** Everything that an install brings for the package itself, name → range. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>;
  readonly workspaces: readonly string[];
  readonly packageManager?: string;
}

/**
 * Reads `package.json`; parts of the wrong type count as absent.
 *
 * @throws BUILD_MANIFEST_INVALID if it is not a JSON object.
 */
export async function readPackageJson(folder: Folder): Promise<PackageJson | undefined> {
  const text = await folder.read('package.json');
  if (text === undefined) return undefined;
  const value = parseObject(text, `${folder.path}/package.json`);
  const groups = {
    dependencies: strings(value['dependencies']),
    devDependencies: strings(value['devDependencies']),
    optionalDependencies: strings(value['optionalDependencies']),
  };
  const manager = value['packageManager'];
  return {
    scripts: strings(value['scripts']),
    dependencies: { ...groups.dependencies, ...groups.devDependencies, ...groups.optionalDependencies },
    groups,
    workspaces: workspacesOf(value['workspaces']),
    ...(typeof manager === 'string' ? { packageManager: manager } : {}),
  };
}

/** Parses a JSON object. */
export function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw coded('BUILD_MANIFEST_INVALID', `expected JSON in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw coded('BUILD_MANIFEST_INVALID', `expected a JSON object in ${path}, found another value`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of an object whose values are strings. */
export function strings(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function workspacesOf(value: unknown): string[] {
  const list = isObject(value) ? value['packages'] : value;
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}
