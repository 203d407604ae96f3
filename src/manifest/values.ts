import type { JsonValue } from '@toka/sdk';
import { quote, type Issue, type Path } from './issue.ts';
import type { Items, Parameter } from './parameter.ts';

type Finding = Omit<Issue, 'path'>;

/**
 * Checks a value against the declaration of a parameter, for defaults and examples. Runs check theirs with the compiled JSON Schema.
 *
 * @returns What is wrong, each with its path below `path`.
 */
export function checkValue(declared: Parameter | Items, value: JsonValue, path: Path): Issue[] {
  if (declared.type === 'array') return checkList(declared, value, path);
  const finding = checkSingle(declared, value);
  return finding === undefined ? [] : [{ ...finding, path }];
}

function checkList(declared: Extract<Parameter, { type: 'array' }>, value: JsonValue, path: Path): Issue[] {
  if (!Array.isArray(value)) return [{ ...wrongType('a list', value), path }];
  const finding = checkRange(value.length, declared.minItems, declared.maxItems, ' entries');
  const inner = value.flatMap((entry, index) => checkValue(declared.items, entry, [...path, index]));
  return finding === undefined ? inner : [{ ...finding, path }, ...inner];
}

function checkSingle(declared: Exclude<Parameter | Items, { type: 'array' }>, value: JsonValue): Finding | undefined {
  switch (declared.type) {
    case 'string':
      return typeof value === 'string' ? checkText(declared, value) : wrongType('a string', value);
    case 'path':
    case 'secret':
      return typeof value === 'string' ? undefined : wrongType('a string', value);
    case 'enum':
      if (typeof value === 'string' && declared.enum.includes(value)) return undefined;
      return { code: 'bad-value', expected: `one of ${declared.enum.join(', ')}`, found: quote(value) };
    case 'integer':
      return Number.isInteger(value) ? checkRange(value as number, declared.minimum, declared.maximum) : wrongType('a whole number', value);
    case 'number':
      return typeof value === 'number' ? checkRange(value, declared.minimum, declared.maximum) : wrongType('a number', value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrongType('true or false', value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : wrongType('a map', value);
  }
}

interface TextLimits {
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly pattern?: string | undefined;
}

/** Length is counted in code points, as JSON Schema does. */
function checkText({ minLength, maxLength, pattern }: TextLimits, value: string): Finding | undefined {
  const range = checkRange(Array.from(value).length, minLength, maxLength, ' characters');
  if (range !== undefined || pattern === undefined) return range;
  // A pattern of a manifest may take exponential time; so short a text keeps that from mattering here.
  if (value.length > 64 || new RegExp(pattern, 'u').test(value)) return undefined;
  return { code: 'bad-value', expected: `text that matches ${pattern}`, found: quote(value) };
}

function checkRange(value: number, least = -Infinity, greatest = Infinity, unit = ''): Finding | undefined {
  if (value >= least && value <= greatest) return undefined;
  const expected = value < least ? `at least ${least}${unit}` : `at most ${greatest}${unit}`;
  return { code: 'out-of-range', expected, found: `${value}${unit}` };
}

function wrongType(expected: string, value: JsonValue): Finding {
  return { code: 'wrong-type', expected, found: quote(value) };
}
