import { parseArgs } from 'node:util';

export type FlagValues<N extends string> = { readonly [name in N]?: never };

/** Flags that are all known and well formed; `undefined` otherwise: the full command explains what is wrong. */
export function readFlags<N extends string>(argv: readonly string[], types: Readonly<Record<N, 'string' | 'boolean'>>): FlagValues<N> | undefined {
  // To take no flags apart is what takes a millisecond.
  if (argv.length === 0) return {};
  try {
    const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type: type as 'string' | 'boolean' }]));
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values as FlagValues<N>;
  } catch {
    return undefined;
  }
}
