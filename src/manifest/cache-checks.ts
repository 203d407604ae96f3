import { expandAlias } from './aliases.ts';
import { type Issue, type Path, quote } from './issue.ts';

interface Cached {
  readonly cache?: unknown;
  readonly effect: unknown;
  readonly capabilities: { readonly required: readonly string[]; readonly optional: readonly string[] } | undefined;
  readonly stdin?: string;
}

/** Only what depends on its parameters, and on what it may read, comes out the same again. */
export function checkCache({ cache, effect, capabilities = { required: [], optional: [] }, stdin }: Cached, path: Path): Issue[] {
  if (cache !== true) return [];
  const conflict = { path, at: 'key', code: 'conflict' } as const;
  const other = [...capabilities.required, ...capabilities.optional].flatMap(expandAlias).find((capability) => !/^(fs|env):read(:|$)/.test(capability));
  return [
    ...(effect === 'none' ? [] : [{ ...conflict, expected: 'cache only with effect none', found: `effect ${quote(String(effect))}` }]),
    ...(other === undefined ? [] : [{ ...conflict, expected: 'cache only with capabilities to read files and variables', found: quote(other) }]),
    ...(stdin === 'inherit' ? [{ ...conflict, expected: 'no cache for what reads standard input', found: 'stdin inherit' }] : []),
  ];
}
