import type { Analyser, Engine, JsonObject, Provider, Runtime, Search, Storage, ToolDefinition } from '@toka/sdk';

/** What a plugin can add, by the key under `contributes`. */
export type Defined =
  | { readonly kind: 'tools'; readonly value: ToolDefinition }
  | { readonly kind: 'runtimes'; readonly value: Runtime }
  | { readonly kind: 'storage'; readonly value: Storage }
  | { readonly kind: 'providers'; readonly value: Provider }
  | { readonly kind: 'engines'; readonly value: Engine }
  | { readonly kind: 'analysers'; readonly value: Analyser }
  | { readonly kind: 'search'; readonly value: Search };

/** Told apart by what each must have. */
const MARKS = { runtimes: 'languages', tools: 'run', providers: 'stream', storage: 'open', engines: 'connect', analysers: 'start', search: 'embed' } as const;

/** What a module exports as its default, also where a bundler wrapped it once more. */
export function definedBy(module: unknown): Defined | undefined {
  const { default: exported } = module as { readonly default?: { readonly default?: object } };
  const value = exported?.default ?? exported;
  if (typeof value !== 'object') return undefined;
  const kind = (Object.keys(MARKS) as Defined['kind'][]).find((each) => MARKS[each] in value);
  return kind === undefined ? undefined : ({ kind, value } as Defined);
}

/** By which people name it. */
export function idOf(defined: Defined): string {
  return defined.kind === 'tools' ? defined.value.name : defined.value.id;
}

/** Its entry under `contributes`: all that can be said of it without importing it. */
export function describe(defined: Defined, entry: string): JsonObject {
  return JSON.parse(JSON.stringify(factsOf(defined, entry))) as JsonObject;
}

function factsOf(defined: Defined, entry: string): object {
  switch (defined.kind) {
    case 'tools':
      return toolFacts(defined.value, entry);
    case 'runtimes': {
      const { id, summary, languages, isolation, supports } = defined.value;
      return { id, entry, summary, languages, isolation, supports };
    }
    case 'engines':
    case 'storage': {
      const { id, summary, supports } = defined.value;
      return { id, entry, summary, supports };
    }
    case 'providers': {
      const { id, summary, supports, isLanguageModel, catalog, capabilities, configSchema } = defined.value;
      return { id, entry, summary, supports, isLanguageModel, catalog, capabilities: listed(capabilities), configSchema };
    }
    case 'analysers': {
      const { id, summary, options } = defined.value;
      return { id, entry, summary, options };
    }
    case 'search': {
      const { id, summary } = defined.value;
      return { id, entry, summary };
    }
  }
}

function toolFacts({ name, summary, category, tags = [], params, output, capabilities, effect, cache, level, risk, examples = [] }: ToolDefinition, entry: string): object {
  return { id: name, entry, summary, category, tags: tags.toSorted(), params, output, capabilities: listed(capabilities), effect, cache, level, risk, examples };
}

function listed({ required = [], optional = [] }: ToolDefinition['capabilities'] = {}): object {
  return { required: required.toSorted(), optional: optional.toSorted() };
}
