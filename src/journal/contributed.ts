import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TokaError } from '../errors.ts';

/** Something of a plugin, as its package.json lists it. */
export type Contributed<T> = T & {
  /** The module that it is the default export of, absolute. */
  readonly file: string;
  /** The package of the plugin. */
  readonly plugin: string;
};

/** What is read of a plugin's package.json. */
interface PackageFile<T> {
  readonly name: string;
  readonly toka?: { readonly contributes?: Readonly<Record<string, readonly (T & { readonly entry: string })[]>> };
}

/** What a plugin says that it brings of a kind; nothing of it is loaded. */
export function contributedBy<T>(packageFile: string, kind: 'analysers' | 'engines' | 'providers' | 'runtimes' | 'search' | 'storage'): Contributed<T>[] {
  const { name, toka } = JSON.parse(readFileSync(packageFile, 'utf8')) as PackageFile<T>;
  return (toka?.contributes?.[kind] ?? []).map((one) => ({ ...one, file: join(dirname(packageFile), one.entry), plugin: name }));
}

/**
 * Loads what a plugin brings.
 *
 * @param method What it must have.
 * @returns The default export; undefined where that has no such method.
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE where the file cannot be loaded.
 */
export function loadContributed<T extends object>(file: string, method: keyof T): T | undefined {
  let module: unknown;
  try {
    module = createRequire(file)(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `cannot load ${file}: ${why}`, { cause, hint: 'is it built and complete?' });
  }
  // A default export, also where a bundler wrapped it once more.
  const { default: inner } = module as { default?: Partial<T> & { default?: Partial<T> } };
  const exported = inner?.default ?? inner;
  return typeof exported?.[method] === 'function' ? (exported as T) : undefined;
}
