import { coded, type JsonSchema } from '@toka/sdk';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { mask } from './mask.ts';
import { findSecrets, looksGenerated } from './secrets.ts';

export interface ValueIssue {
  /** The variable; absent where the issue concerns all of them together. */
  readonly key?: string;
  readonly keyword: string;
  /** What was expected; never what was found. */
  readonly expected: string;
}

const BOOLEAN = /^(true|false|yes|no|on|off|1|0)$/i;
const CREDIBLE_URL = /^[a-z][a-z0-9+.-]*:\/\/[^\s/]/i;

/**
 * Holds values against a JSON Schema. Everything in an env file is text, so text that reads as the wanted type counts as of it.
 *
 * @param schema JSON Schema 2020-12 of an object.
 * @param values The variables.
 * @throws ENV_SCHEMA_INVALID if the schema itself is not valid.
 */
export async function checkValues(schema: JsonSchema, values: ReadonlyMap<string, string>): Promise<ValueIssue[]> {
  const [{ Ajv2020 }, { default: formats }] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')]);
  const ajv = new Ajv2020({ allErrors: true, coerceTypes: true, logger: false, strict: false });
  formats.default(ajv);
  ajv.addFormat('env-boolean', BOOLEAN);
  ajv.addFormat('env-url', (text: string) => CREDIBLE_URL.test(text) && URL.canParse(text));
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    throw coded('ENV_SCHEMA_INVALID', `the schema is not a valid JSON Schema: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (validate(readStructures(schema, values))) return [];
  return distinct((validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf').map(toIssue));
}

/** Values whose property asks for an array or object are read as JSON; those that are none stay text and fail. */
function readStructures(schema: JsonSchema, values: ReadonlyMap<string, string>): Record<string, unknown> {
  const properties = schema['properties'] as Readonly<Record<string, { type?: unknown } | undefined>> | undefined;
  return Object.fromEntries([...values].map(([key, value]) => [key, structured(properties?.[key]?.type) ? parsedOr(value) : value]));
}

function structured(type: unknown): boolean {
  return type === 'array' || type === 'object';
}

function parsedOr(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function toIssue({ instancePath, keyword, params, message = 'another value' }: ErrorObject): ValueIssue {
  const [, first] = instancePath.split('/');
  const missing = instancePath === '' && keyword === 'required' ? String(params['missingProperty']) : undefined;
  const unknown = instancePath === '' && keyword === 'additionalProperties' ? String(params['additionalProperty']) : undefined;
  const key = missing ?? unknown ?? first?.replaceAll('~1', '/').replaceAll('~0', '~');
  return { ...(key === undefined ? {} : { key }), keyword, expected: expectation(keyword, params, message) };
}

const FORMATS: Readonly<Record<string, string>> = {
  'env-boolean': 'true or false (or yes/no, on/off, 1/0)',
  'env-url': 'a URL with scheme and host',
  email: 'an e-mail address',
};

function expectation(keyword: string, params: Record<string, unknown>, message: string): string {
  if (keyword === 'format') return FORMATS[String(params['format'])] ?? `the format ${String(params['format'])}`;
  if (keyword === 'type') return `a value of type ${String(params['type'])}`;
  if (keyword === 'enum' && Array.isArray(params['allowedValues']))
    return `one of ${params['allowedValues'].map((value) => harmless(String(value))).join(', ')}`;
  return message.replace(/^must (be |match )?/, '');
}

/** A list of values in a comment of the example may be where the secret leaked. */
function harmless(value: string): string {
  return looksGenerated(value) || findSecrets(value).length > 0 ? mask(value) : value;
}

function distinct(issues: readonly ValueIssue[]): ValueIssue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}
