import { coded, type JsonSchema } from '@toka/sdk';
import { readAnnotations } from './annotations.ts';
import { lineIndex, type EnvText } from './grammar.ts';
import type { Note } from './finding.ts';
import { showName } from './mask.ts';

/** What an env file is held against. */
export interface Spec {
  /** Names that are known, and whether their absence is an error. */
  readonly keys: ReadonlyMap<string, { readonly required: boolean; readonly mayBeEmpty: boolean; readonly mustNotBeEmpty: boolean }>;
  /** How an unknown name counts; `undefined`: not at all. */
  readonly extra?: 'error' | 'warning';
  /** JSON Schema of all values together; absent where no type is known. */
  readonly schema?: JsonSchema;
  /** What is wrong with the specification itself. */
  readonly notes: readonly Note[];
}

/**
 * Every name in the example is required unless its comment says `@optional`; one with `@required` must not be empty either.
 *
 * @param parsed The example file.
 */
export function specFromExample(parsed: EnvText): Spec {
  const keys = new Map<string, { required: boolean; mayBeEmpty: boolean; mustNotBeEmpty: boolean }>();
  const properties: Record<string, JsonSchema> = {};
  const notes: Note[] = [];
  const place = lineIndex(parsed.text);
  for (const entry of parsed.entries) {
    const { required, schema, unknownType } = readAnnotations(parsed.text, entry);
    keys.set(entry.key, { required: required !== false, mayBeEmpty: required === false, mustNotBeEmpty: required === true });
    if (schema !== undefined) properties[entry.key] = schema;
    if (unknownType !== undefined) {
      const key = showName(entry.key);
      const message = `${key}: expected as @type one of string, number, integer, boolean, port, url, email, ip, uuid, enum(…)`;
      notes.push({ kind: 'type', severity: 'warning', ...place(entry.keyStart), key, message });
    }
  }
  const typed = Object.keys(properties).length > 0;
  return { keys, extra: 'warning', notes, ...(typed ? { schema: { type: 'object', properties } } : {}) };
}

/**
 * Reads a JSON Schema whose properties are the variables.
 *
 * @param text The file.
 * @param name How to name it in an error.
 * @throws ENV_SCHEMA_INVALID; the message never quotes the file, since it may be the wrong one.
 */
export function specFromSchema(text: string, name: string): Spec {
  const schema = parseObject(text, name);
  const properties = schema['properties'];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const names = [...(isObject(properties) ? Object.keys(properties) : []), ...required.filter((key) => typeof key === 'string')];
  const keys = new Map(
    names.map((key) => [key, { required: required.includes(key), mayBeEmpty: !required.includes(key), mustNotBeEmpty: false }]),
  );
  return { keys, notes: [], schema, ...(schema['additionalProperties'] === false ? { extra: 'error' } : {}) };
}

/** What the example asks for and what the schema asks for, both. */
export function joinSpecs(example: Spec | undefined, schema: Spec | undefined): Spec | undefined {
  if (example === undefined || schema === undefined) return example ?? schema;
  const extra = schema.extra ?? example.extra;
  const joined = example.schema === undefined ? schema.schema : { allOf: [example.schema, schema.schema ?? true] };
  return {
    keys: new Map([...example.keys, ...schema.keys]),
    notes: [...example.notes, ...schema.notes],
    ...(extra === undefined ? {} : { extra }),
    ...(joined === undefined ? {} : { schema: joined }),
  };
}

function parseObject(text: string, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw coded('ENV_SCHEMA_INVALID', `expected a JSON Schema in ${name}, found text that is not JSON`, {
      hint: 'pass an .env.example file with --example instead',
    });
  }
  if (isObject(value)) return value;
  throw coded(
    'ENV_SCHEMA_INVALID',
    `expected a JSON Schema (an object) in ${name}, found ${Array.isArray(value) ? 'an array' : typeof value}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
