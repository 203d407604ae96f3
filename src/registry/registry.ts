import { toTokaError } from '../errors.ts';
import type { IndexedTool, RegistryIndex } from './index-file.ts';
import { openIndex } from './open.ts';
import { matchesPlainly } from './plain.ts';
import { resolveTool } from './resolve.ts';
import type { IndexOptions, Source } from './sources.ts';
import { type Mismatch, schemaValidator, type Validator } from './validator.ts';

/** The tools that one toka knows, for as long as it is open. */
export interface Registry {
  /** Finds a tool as its manifest is now. Throws TOKA_TOOL_UNKNOWN, TOKA_TOOL_AMBIGUOUS. */
  find(name: string): Promise<IndexedTool>;
  index(options?: { readonly rebuild?: boolean }): Promise<RegistryIndex>;
  /** Where a value does not match a JSON Schema 2020-12. */
  mismatches(schema: Readonly<Record<string, unknown>>, value: unknown): Promise<Mismatch[]>;
  close(): void;
}

export interface RegistryOptions extends IndexOptions {
  /** Where the index is kept. */
  readonly file: string;
  readonly sources: readonly Source[];
  /** Which source is meant by a name that several have. */
  readonly prefer: Readonly<Record<string, string>>;
}

export function openRegistry({ file, sources, prefer, ...options }: RegistryOptions): Registry {
  // One that was replaced stays open to the end: runs that go on may still be reading it.
  const all: RegistryIndex[] = [];
  let current: Promise<RegistryIndex> | undefined;
  let rebuilding: Promise<RegistryIndex> | undefined;
  const known = new Map<string, IndexedTool>();
  const validators = new WeakMap<object, Promise<Validator>>();

  const load = async (rebuild: boolean): Promise<RegistryIndex> => {
    const index = await openIndex(file, sources, options, rebuild);
    all.push(index);
    known.clear();
    return index;
  };
  const open = async (): Promise<RegistryIndex> => {
    current ??= load(false);
    return current;
  };
  const rebuild = async (): Promise<RegistryIndex> => {
    rebuilding ??= load(true).finally(() => {
      rebuilding = undefined;
    });
    current = rebuilding;
    return rebuilding;
  };
  const lookUp = async (name: string): Promise<IndexedTool | undefined> => {
    const index = await open();
    try {
      const found = known.get(name) ?? resolveTool(index, name, prefer);
      known.set(name, found);
      return index.isCurrent(found.tool) ? found : undefined;
    } catch (error) {
      // What has come since, or has been edited in place, may be what is meant.
      if (toTokaError(error).code === 'TOKA_INTEGRITY' || !index.isFresh() || !index.isAllCurrent()) return undefined;
      throw error;
    }
  };

  return {
    find: async (name) => (await lookUp(name)) ?? resolveTool(await rebuild(), name, prefer),
    index: async (how) => (how?.rebuild === true ? rebuild() : open()),
    async mismatches(schema, value) {
      if (matchesPlainly(schema, value)) return [];
      const index = await open();
      const validator = validators.get(schema) ?? schemaValidator(schema, (text) => index.validator(text), file);
      validators.set(schema, validator);
      return (await validator)(value);
    },
    close() {
      for (const index of all.splice(0)) index.close();
    },
  };
}
