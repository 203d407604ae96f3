import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TokaError } from '../errors.ts';

let found: string | undefined;

/** The folder of toka's own package, whether this runs from its sources, from dist/ or from a bundle in it. */
export function packageRoot(): string {
  found ??= search(import.meta.dirname);
  return found;
}

interface OwnPackage {
  readonly name: string;
  readonly version: string;
  readonly toka: { readonly plugins: readonly string[] };
}

let own: OwnPackage | undefined;

/** What toka's package says of itself. */
export function ownPackage(): OwnPackage {
  own ??= JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as OwnPackage;
  return own;
}

function search(folder: string): string {
  if (existsSync(join(folder, 'bin', 'run.js'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new TokaError('TOKA_INTERNAL', 'the files of toka are not complete: bin/run.js is missing');
  return search(parent);
}
