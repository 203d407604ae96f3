import { basename, dirname, join } from 'node:path';

const SUFFIXES = ['example', 'sample', 'template'];

/** Whether a file is by its name one that is shared for others to copy. */
export function isExampleName(path: string): boolean {
  return /(^|\.)(example|sample|template|dist|schema)$/.test(basename(path)) || /^(example|sample)\.env$/.test(basename(path));
}

/** Where the example of an env file is looked for, best first. */
export function exampleNames(path: string): string[] {
  return SUFFIXES.map((suffix) => join(dirname(path), `.env.${suffix}`));
}
