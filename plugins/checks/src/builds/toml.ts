import { coded } from '@toka/sdk';
import { parse } from 'smol-toml';
import type { Folder } from './folder.ts';
import { isObject } from './package-json.ts';

/**
 * Reads a TOML file.
 *
 * @throws BUILD_MANIFEST_INVALID if it is not TOML.
 */
export async function readToml(folder: Folder, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await folder.read(name);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    throw coded(
      'BUILD_MANIFEST_INVALID',
      `expected TOML in ${folder.path}/${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** The value where it is a table, else an empty one. */
export function table(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

export function stringList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
