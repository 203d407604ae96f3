import type { z } from 'zod';
import { quote, type Issue, type Path } from './issue.ts';
import { nearest } from './nearest.ts';

type ZodIssue = z.core.$ZodIssue;

export type Checked<T> = { readonly data: T } | { readonly issues: readonly Issue[] };

/** Which keys the object knows whose unknown keys an issue lists; zod tells it only while the issue is made. */
type AllowedKeys = WeakMap<readonly string[], readonly string[]>;

/** The text of a plain value as it is written: `1.0` for the number 1. */
export type SourceOf = (path: Path) => string | undefined;

interface Context {
  readonly root: unknown;
  readonly sourceOf: SourceOf;
  readonly allowed: AllowedKeys;
}

/** So many values are checked before it pays to let zod compile its checks. */
const FEW = 100;
let checked = 0;

/**
 * Validates a value and says all that is wrong with it.
 *
 * @param schema Messages of its checks complete `expected …`.
 * @param value The value as parsed.
 * @param sourceOf How a plain value is written. Default: as JSON.
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, sourceOf: SourceOf = () => undefined): Checked<z.output<S>> {
  const allowed: AllowedKeys = new WeakMap();
  checked += 1;
  const result = schema.safeParse(value, {
    jitless: checked <= FEW,
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') allowed.set(issue.keys, shapeKeys(issue.inst));
      // Only messages of the schema itself remain.
      return '';
    },
  });
  if (result.success) return { data: result.data };
  const context: Context = { root: value, sourceOf, allowed };
  return { issues: dropMisspelt(result.error.issues.flatMap((issue) => convert(issue, [], context))) };
}

/** A misspelt key is one mistake, not an unknown key and a missing one. */
function dropMisspelt(issues: readonly Issue[]): Issue[] {
  const meant = new Set(
    issues.flatMap(({ code, path, suggestion }) => (code === 'unknown-key' ? [JSON.stringify([path.slice(0, -1), suggestion])] : [])),
  );
  return issues.filter(({ code, path }) => code !== 'missing-key' || !meant.has(JSON.stringify([path.slice(0, -1), quote(path.at(-1))])));
}

/** Prints names so that they complete `expected …`. */
export function oneOf(names: readonly unknown[]): string {
  const shown = names.map((name) => String(name)).join(', ');
  return names.length === 1 ? shown : `one of ${shown}`;
}

function shapeKeys(inst: unknown): string[] {
  const shape = (inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return Object.keys(shape ?? {});
}

function convert(issue: ZodIssue, base: Path, context: Context): Issue[] {
  const path = [...base, ...(issue.path as Path)];
  const value = at(context.root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], context.allowed.get(issue.keys) ?? []));
    case 'invalid_union':
      return convertUnion(issue, path, context);
    case 'invalid_key':
      return [{ path, at: 'key', code: 'bad-value', expected: issue.issues[0]?.message ?? 'another key', found: quote(path.at(-1)) }];
    default:
      return [value === undefined ? missing(issue, path) : invalid(issue, path, value, context)];
  }
}

function invalid(issue: ZodIssue, path: Path, value: unknown, { sourceOf }: Context): Issue {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message !== '') return { path, code: 'wrong-type', expected: issue.message, found: describe(value, sourceOf(path)) };
      return wrongType(path, typeName(issue.expected), value, sourceOf(path));
    case 'invalid_value':
      return badName(path, issue.values, value);
    case 'too_big':
    case 'too_small':
      return outOfRange(issue, path, value);
    default:
      return { path, code: 'bad-value', expected: issue.message, found: quote(value) };
  }
}

function missing(issue: ZodIssue, path: Path): Issue {
  if (issue.message !== '') return { path, at: 'key', code: 'missing-key', expected: issue.message };
  if (issue.code === 'invalid_type') return { path, at: 'key', code: 'missing-key', expected: typeName(issue.expected) };
  return { path, at: 'key', code: 'missing-key', ...(issue.code === 'invalid_value' ? { expected: oneOf(issue.values) } : {}) };
}

function unknownKey(path: Path, allowed: readonly string[]): Issue {
  const suggestion = nearest(String(path.at(-1)), allowed);
  return {
    path,
    at: 'key',
    code: 'unknown-key',
    ...(allowed.length === 0 ? {} : { expected: oneOf(allowed) }),
    ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
  };
}

function wrongType(path: Path, expected: string, value: unknown, source?: string): Issue {
  const suggestion = suggestValue(expected, value, source);
  return { path, code: 'wrong-type', expected, found: describe(value, source), ...(suggestion === undefined ? {} : { suggestion }) };
}

/** What YAML 1.2 reads otherwise than people mean: `1.0` is a number, `no` is text. */
function suggestValue(expected: string, value: unknown, source: string | undefined): string | undefined {
  if (expected === 'a string' && ['number', 'boolean'].includes(typeof value)) return `${quote(source ?? String(value))} in quotes`;
  if (expected !== 'true or false' || typeof value !== 'string') return undefined;
  if (/^(y|yes|on)$/i.test(value)) return 'true';
  return /^(n|no|off)$/i.test(value) ? 'false' : undefined;
}

function describe(value: unknown, source?: string): string {
  const name = typeName(value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
  if (typeof value === 'object') return name;
  return `${name} ${typeof value === 'number' ? (source ?? value) : quote(value)}`;
}

function badName(path: Path, names: readonly unknown[], value: unknown): Issue {
  const suggestion =
    typeof value === 'string'
      ? nearest(
          value,
          names.filter((name) => typeof name === 'string'),
        )
      : undefined;
  return {
    path,
    code: 'bad-value',
    expected: oneOf(names),
    found: quote(value),
    ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
  };
}

const UNITS: Readonly<Record<string, string>> = { array: ' entries', object: ' keys', string: ' characters' };

type RangeIssue = Extract<ZodIssue, { code: 'too_big' | 'too_small' }>;

function outOfRange(issue: RangeIssue, path: Path, value: unknown): Issue {
  const unit = UNITS[issue.origin] ?? '';
  const bound = issue.code === 'too_big' ? `at most ${issue.maximum}` : `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  const size = Array.isArray(value) || typeof value === 'string' ? value.length : quote(value);
  const code = issue.origin === 'array' && issue.code === 'too_big' ? 'too-many' : 'out-of-range';
  return { path, code, expected: `${bound}${unit}`, found: `${size}${unit}` };
}

function convertUnion(issue: Extract<ZodIssue, { code: 'invalid_union' }>, path: Path, context: Context): Issue[] {
  const value = at(context.root, path);
  const options = 'options' in issue ? issue.options : undefined;
  if (options !== undefined) {
    return [value === undefined ? { path, at: 'key', code: 'missing-key', expected: oneOf(options) } : badName(path, options, value)];
  }
  if (value === undefined) return [{ path, at: 'key', code: 'missing-key' }];
  const fitting = issue.errors.filter((branch) => !branch.some(({ code, path: inner }) => code === 'invalid_type' && inner.length === 0));
  if (fitting.length === 0) return [wrongType(path, expectedTypes(issue.errors), value)];
  const [best, next] = fitting.toSorted((a, b) => a.length - b.length);
  if (best !== undefined && best.length < (next?.length ?? Infinity)) return best.flatMap((inner) => convert(inner, path, context));
  return [noBranch(fitting.flat(), path, value, context)];
}

function expectedTypes(branches: readonly (readonly ZodIssue[])[]): string {
  const names = branches.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [typeName(issue.expected)] : []));
  return [...new Set(names)].join(' or ');
}

/** An object that is as far from each of several forms, each known by a key of its own. */
function noBranch(issues: readonly ZodIssue[], path: Path, value: unknown, { allowed }: Context): Issue {
  const known = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? (allowed.get(issue.keys) ?? []) : []));
  // Where nothing is strange, since there is nothing, each form misses its key.
  const names = [...new Set(known.length > 0 ? known : issues.flatMap(({ path: [key] }) => (typeof key === 'string' ? [key] : [])))];
  const strange = Object.keys(value ?? {}).find((key) => !names.includes(key));
  const suggestion = strange === undefined ? undefined : nearest(strange, names);
  return {
    path,
    code: 'bad-value',
    expected: `exactly one form with the keys ${names.join(', ')}`,
    found: quote(value),
    ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
  };
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'nothing',
  number: 'a number',
  object: 'a map',
  record: 'a map',
  string: 'a string',
};

function typeName(name: string): string {
  return TYPE_NAMES[name] ?? name;
}

function at(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
