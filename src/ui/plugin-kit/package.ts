import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { TokaError } from '../../errors.ts';

/** What is read of a package.json; the rest is kept as it is. */
export interface PackageJson {
  readonly [key: string]: unknown;
  readonly name?: unknown;
  readonly toka?: JsonObject;
}

/** @throws TokaError TOKA_PLUGIN_INVALID */
export function readPackage(folder: string): { readonly text: string; readonly value: PackageJson } {
  const file = join(folder, 'package.json');
  try {
    const text = readFileSync(file, 'utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { text, value: value as PackageJson };
  } catch (cause) {
    throw invalid(`${file} cannot be read as JSON`, 'name the folder of a plugin, or make one with toka plugins generate', cause);
  }
  throw invalid(`expected one JSON object in ${file}`, 'name the folder of a plugin, or make one with toka plugins generate');
}

export interface Entry {
  /** The name of its source, which is the id of what it contributes. */
  readonly name: string;
  /** The built module, relative to the package. */
  readonly entry: string;
}

const SOURCE = /^(?!.*\.d\.)(.+)\.[cm]?[jt]s$/;

/**
 * Every file directly in src/ is one contribution; what they share stands in folders.
 *
 * @throws TokaError TOKA_PLUGIN_INVALID where there is none, or it is not built
 */
export function entriesOf(folder: string): Entry[] {
  const source = join(folder, 'src');
  const files = existsSync(source) ? readdirSync(source, { withFileTypes: true }) : [];
  const names = files.flatMap((entry) => (entry.isFile() && SOURCE.exec(entry.name)?.[1]) || []).toSorted();
  if (names.length === 0) throw invalid(`expected files directly in ${source}, one for each contribution, found none`, 'put each tool, runtime, storage backend, provider and analyser into a file of its own there');
  return names.map((name) => {
    const entry = ['cjs', 'mjs', 'js'].map((ending) => `./dist/${name}.${ending}`).find((each) => existsSync(join(folder, each)));
    if (entry === undefined) throw invalid(`${join(folder, 'dist', name)}.js is missing`, 'compile the plugin first: npm run build');
    return { name, entry };
  });
}

export function invalid(message: string, hint: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_PLUGIN_INVALID', message, { hint, cause });
}
