import type { JsonSchema } from '@toka/sdk';
import { pointerKeys } from './json-pointer.ts';

/** What stands where a secret was. */
export const MASKED = '[secret]';

/** A value taken apart by what its schema says. */
export interface Parted {
  /** The value with `MASKED` in the place of each secret. */
  readonly clean: unknown;
  /** The texts and numbers of the secrets. */
  readonly secrets: readonly string[];
}

/** Keywords whose schemas speak of the same value. */
const ONE_HERE = ['if', 'then', 'else', 'propertyNames'];
const LISTS_HERE = ['allOf', 'anyOf', 'oneOf'];
/** Keywords whose schemas speak of members of an object, and of entries of a list. */
const MEMBERS = ['additionalProperties', 'unevaluatedProperties'];
const ENTRIES = ['items', 'contains', 'unevaluatedItems'];

const known = new WeakMap<object, boolean>();

/** Whether a schema says of anything in it that it is a secret. */
export function hasSecrets(schema: JsonSchema): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const found = JSON.stringify(schema).includes('"x-type":"secret"');
  known.set(schema, found);
  return found;
}

/**
 * Finds the secrets in a value, rather too many than too few: a schema counts whether or not its condition holds, and beside secrets
 * whatever no schema speaks of, or is of another shape than its schema says, counts as one.
 */
export function partSecrets(root: JsonSchema, value: unknown): Parted {
  if (!hasSecrets(root)) return { clean: value, secrets: [] };
  const secrets = new Set<string>();
  const bearing = new Map<JsonSchema, boolean>();
  const bears = (schema: JsonSchema): boolean => {
    const before = bearing.get(schema);
    if (before !== undefined) return before;
    const found = leadsToSecret(schema, root, new Set());
    bearing.set(schema, found);
    return found;
  };
  const hide = (part: unknown): string => {
    for (const text of textsIn(part)) secrets.add(text);
    return MASKED;
  };
  const visit = (part: unknown, schemas: readonly unknown[]): unknown => {
    const here = new Set<JsonSchema>();
    for (const schema of schemas) gather(schema, root, here);
    const all = [...here];
    if (all.length === 0 || all.some(isSecret)) return hide(part);
    if (!all.some(bears)) return part;
    if (Array.isArray(part)) return part.map((each, at) => visit(each, all.flatMap((schema) => ofEntry(schema, at))));
    if (!isMap(part)) return hide(part);
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, visit(each, all.flatMap((schema) => ofMember(schema, name)))]));
  };
  const clean = visit(value, [root]);
  return { clean, secrets: [...secrets] };
}

function isSecret(schema: JsonSchema): boolean {
  return schema['x-type'] === 'secret';
}

/** Adds a schema and all that speak of the same value. */
function gather(schema: unknown, root: JsonSchema, into: Set<JsonSchema>): void {
  if (!isMap(schema) || into.has(schema)) return;
  into.add(schema);
  for (const target of referred(schema, root)) gather(target, root, into);
  for (const keyword of ONE_HERE) gather(schema[keyword], root, into);
  for (const keyword of LISTS_HERE) for (const each of listOf(schema[keyword])) gather(each, root, into);
  for (const each of Object.values(mapOf(schema['dependentSchemas']))) gather(each, root, into);
}

/** What a schema refers to; where that cannot be followed, a secret. */
function referred(schema: JsonSchema, root: JsonSchema): unknown[] {
  return ['$ref', '$dynamicRef'].flatMap((keyword) => {
    const reference = schema[keyword];
    if (reference === undefined) return [];
    const target = typeof reference === 'string' && /^#(\/|$)/.test(reference) ? resolve(reference, root) : undefined;
    return [target ?? { 'x-type': 'secret' }];
  });
}

function resolve(reference: string, root: JsonSchema): unknown {
  let current: unknown = root;
  for (const key of pointerKeys(decodeURIComponent(reference))) {
    current = typeof current === 'object' && current !== null && Object.hasOwn(current, key) ? (current as JsonSchema)[key] : undefined;
  }
  return current;
}

/** Whether there is a secret anywhere in a schema or in what it refers to. */
function leadsToSecret(part: unknown, root: JsonSchema, seen: Set<object>): boolean {
  if (typeof part !== 'object' || part === null || seen.has(part)) return false;
  seen.add(part);
  if (isMap(part) && (isSecret(part) || referred(part, root).some((target) => leadsToSecret(target, root, seen)))) return true;
  return Object.values(part).some((inner) => leadsToSecret(inner, root, seen));
}

function ofMember(schema: JsonSchema, name: string): unknown[] {
  const properties = mapOf(schema['properties']);
  // A pattern is not tried: that could take for ever.
  const patterns = Object.values(mapOf(schema['patternProperties']));
  return Object.hasOwn(properties, name) ? [properties[name], ...patterns] : [...patterns, ...MEMBERS.map((keyword) => schema[keyword])];
}

function ofEntry(schema: JsonSchema, at: number): unknown[] {
  const first = listOf(schema['prefixItems']);
  return [...(at < first.length ? [first[at]] : []), ...ENTRIES.filter((keyword) => keyword !== 'items' || at >= first.length).map((keyword) => schema[keyword])];
}

function textsIn(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  if (typeof part === 'number') return [String(part)];
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(textsIn) : [];
}

function isMap(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: unknown): JsonSchema {
  return isMap(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
