type Schema = Readonly<Record<string, unknown>>;

interface Keyword {
  /** Whether it is written as the standard wants it, and simply. */
  isPlain(wanted: unknown, schema: Schema): boolean;
  /** Whether a value matches it, if it is. */
  isMet(wanted: never, value: unknown, schema: Schema): boolean;
}

const isNumber = (wanted: unknown): boolean => Number.isFinite(wanted);
const isCount = (wanted: unknown): boolean => Number.isSafeInteger(wanted) && (wanted as number) >= 0;
const isSimple = (wanted: unknown): boolean => typeof wanted !== 'object' || wanted === null;
const isNames = (wanted: unknown): boolean => Array.isArray(wanted) && wanted.every((name) => typeof name === 'string') && new Set(wanted).size === wanted.length;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
  number: Number.isFinite,
  object: isRecord,
  string: (value) => typeof value === 'string',
};

const isRight = (): boolean => true;
const ANNOTATION = { isPlain: isText, isMet: isRight };

/** Formats are annotations, as the standard has it. */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $comment: ANNOTATION,
  default: { isPlain: isRight, isMet: isRight },
  description: ANNOTATION,
  examples: { isPlain: Array.isArray, isMet: isRight },
  format: ANNOTATION,
  title: ANNOTATION,
  type: { isPlain: (wanted) => typeof wanted === 'string' && Object.hasOwn(TYPES, wanted), isMet: (wanted: string, value) => TYPES[wanted]!(value) },
  const: { isPlain: isSimple, isMet: (wanted: unknown, value) => wanted === value },
  enum: {
    isPlain: (wanted) => Array.isArray(wanted) && wanted.length > 0 && wanted.every(isSimple) && new Set(wanted).size === wanted.length,
    isMet: (wanted: readonly unknown[], value) => wanted.some((each) => each === value),
  },
  minimum: { isPlain: isNumber, isMet: (wanted: number, value) => typeof value === 'number' && value >= wanted },
  maximum: { isPlain: isNumber, isMet: (wanted: number, value) => typeof value === 'number' && value <= wanted },
  minLength: { isPlain: isCount, isMet: (wanted: number, value) => typeof value === 'string' && charactersOf(value) >= wanted },
  maxLength: { isPlain: isCount, isMet: (wanted: number, value) => typeof value === 'string' && (value.length <= wanted || charactersOf(value) <= wanted) },
  minItems: { isPlain: isCount, isMet: (wanted: number, value) => Array.isArray(value) && value.length >= wanted },
  maxItems: { isPlain: isCount, isMet: (wanted: number, value) => Array.isArray(value) && value.length <= wanted },
  items: { isPlain: isPlainSchema, isMet: (wanted: Schema, value) => Array.isArray(value) && everyItem(value, (each) => isMatch(wanted, each)) },
  required: { isPlain: isNames, isMet: (wanted: readonly string[], value) => isRecord(value) && wanted.every((name) => Object.hasOwn(value, name) && value[name] !== undefined) },
  properties: {
    isPlain: (wanted) => isRecord(wanted) && Object.values(wanted).every(isPlainSchema),
    isMet: (wanted: Schema, value) => isRecord(value) && Object.entries(value).every(([name, each]) => !Object.hasOwn(wanted, name) || isMatch(wanted[name] as Schema, each)),
  },
  additionalProperties: {
    isPlain: (wanted, { properties }) => wanted === false && isRecord(properties),
    isMet: (_: unknown, value, { properties }) => isRecord(value) && Object.keys(value).every((name) => Object.hasOwn(properties as Schema, name)),
  },
};

/**
 * Whether a value matches a JSON Schema 2020-12, for the few keywords that most tools do with: to compile those, or to read compiled ones, takes a
 * millisecond of each start.
 *
 * @returns false where it does not match, and where that is not certain: a validator then tells
 */
export function matchesPlainly(schema: unknown, value: unknown): boolean {
  return isPlainSchema(schema) && isMatch(schema, value);
}

function isPlainSchema(schema: unknown): schema is Schema {
  return isRecord(schema) && Object.entries(schema).every(([name, wanted]) => name.startsWith('x-') || (Object.hasOwn(KEYWORDS, name) && KEYWORDS[name]!.isPlain(wanted, schema)));
}

function isMatch(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([name, wanted]) => name.startsWith('x-') || KEYWORDS[name]!.isMet(wanted as never, value, schema));
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Also where there is none: `every` passes over holes. */
function everyItem(list: readonly unknown[], check: (item: unknown) => boolean): boolean {
  for (let at = 0; at < list.length; at += 1) if (!check(list[at])) return false;
  return true;
}

/** As the standard counts: code points. */
function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
