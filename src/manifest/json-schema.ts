import { quote, type Issue, type Path } from './issue.ts';
import { nearest } from './nearest.ts';
import { hasSecrets } from './secret-parts.ts';
import { oneOf } from './zod-issues.ts';

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const MAPS_OF_SCHEMAS = ['$defs', 'dependentSchemas', 'patternProperties', 'properties'];
const LISTS_OF_SCHEMAS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMAS = [
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];

/**
 * Finds what would make a JSON Schema useless or unsafe: unknown types, patterns that don't compile, references out of the file.
 * The validator finds the rest when it compiles the schema.
 */
export function checkJsonSchema(schema: unknown, path: Path): Issue[] {
  if (typeof schema === 'boolean') return [];
  if (!isMap(schema)) return [{ path, code: 'wrong-type', expected: 'a JSON Schema: a map, true or false', found: quote(schema) }];
  return Object.entries(schema).flatMap(([keyword, value]) => checkKeyword(keyword, value, [...path, keyword]));
}

/** The same for the schema of a result, which is recorded and shown: it cannot hold a secret. */
export function checkResultSchema(schema: unknown, path: Path): Issue[] {
  const holdsSecret = isMap(schema) && hasSecrets(schema);
  const issue: Issue = { path, code: 'bad-value', expected: 'a result without secrets, since it is shown and recorded', found: 'x-type: secret' };
  return [...checkJsonSchema(schema, path), ...(holdsSecret ? [issue] : [])];
}

function checkKeyword(keyword: string, value: unknown, path: Path): Issue[] {
  if (keyword === 'type') return checkType(value, path);
  if (keyword === 'pattern') return checkPattern(value, path);
  if (keyword === 'x-type') return checkMark(value, path);
  if (keyword === 'required') return checkRequired(value, path);
  if (keyword === '$ref' || keyword === '$dynamicRef') return checkReference(value, path);
  if (keyword === 'patternProperties' && isMap(value)) {
    const bad = Object.keys(value).find((pattern) => !compiles(pattern));
    if (bad !== undefined) return [{ path: [...path, bad], at: 'key', code: 'bad-value', expected: 'a regular expression that compiles' }];
  }
  if (SCHEMAS.includes(keyword)) return checkJsonSchema(value, path);
  if (MAPS_OF_SCHEMAS.includes(keyword)) {
    if (!isMap(value)) return [{ path, code: 'wrong-type', expected: 'a map of JSON Schemas', found: quote(value) }];
    return Object.entries(value).flatMap(([name, inner]) => checkJsonSchema(inner, [...path, name]));
  }
  if (!LISTS_OF_SCHEMAS.includes(keyword)) return [];
  if (!Array.isArray(value)) return [{ path, code: 'wrong-type', expected: 'a list of JSON Schemas', found: quote(value) }];
  return value.flatMap((inner, index) => checkJsonSchema(inner, [...path, index]));
}

function checkType(value: unknown, path: Path): Issue[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  return names
    .filter((name) => !TYPES.includes(name as string))
    .map((name) => {
      const suggestion = typeof name === 'string' ? nearest(name, TYPES) : undefined;
      return {
        path,
        code: 'bad-value',
        expected: oneOf(TYPES),
        found: quote(name),
        ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
      };
    });
}

/** A misspelt `secret` would be recorded. */
function checkMark(value: unknown, path: Path): Issue[] {
  return value === 'path' || value === 'secret' ? [] : [{ path, code: 'bad-value', expected: oneOf(['path', 'secret']), found: quote(value) }];
}

function checkPattern(value: unknown, path: Path): Issue[] {
  return typeof value === 'string' && compiles(value)
    ? []
    : [{ path, code: 'bad-value', expected: 'a regular expression that compiles', found: quote(value) }];
}

function checkRequired(value: unknown, path: Path): Issue[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
    ? []
    : [{ path, code: 'wrong-type', expected: 'a list of names', found: quote(value) }];
}

function checkReference(value: unknown, path: Path): Issue[] {
  return typeof value === 'string' && value.startsWith('#')
    ? []
    : [{ path, code: 'outside', expected: 'a reference inside this schema, which starts with #', found: quote(value) }];
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
