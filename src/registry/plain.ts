type Schema = Readonly<Record<string, unknown>>;
type Rule = (wanted: unknown, value: unknown, schema: Schema) => boolean;

/** Keywords that say nothing of what matches; formats are annotations, as the standard has it. */
const ANNOTATIONS = new Set(['$comment', 'default', 'deprecated', 'description', 'examples', 'format', 'readOnly', 'title', 'writeOnly']);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
  number: Number.isFinite,
  object: isRecord,
  string: (value) => typeof value === 'string',
};

const RULES: Readonly<Record<string, Rule>> = {
  type: (wanted, value) => typeof wanted === 'string' && Object.hasOwn(TYPES, wanted) && TYPES[wanted]!(value),
  const: (wanted, value) => wanted === value,
  enum: (wanted, value) => Array.isArray(wanted) && wanted.includes(value),
  minimum: (wanted, value) => typeof wanted === 'number' && typeof value === 'number' && value >= wanted,
  maximum: (wanted, value) => typeof wanted === 'number' && typeof value === 'number' && value <= wanted,
  minLength: (wanted, value) => typeof wanted === 'number' && typeof value === 'string' && charactersOf(value) >= wanted,
  maxLength: (wanted, value) => typeof wanted === 'number' && typeof value === 'string' && charactersOf(value) <= wanted,
  minItems: (wanted, value) => typeof wanted === 'number' && Array.isArray(value) && value.length >= wanted,
  maxItems: (wanted, value) => typeof wanted === 'number' && Array.isArray(value) && value.length <= wanted,
  items: (wanted, value) => Array.isArray(value) && value.every((each) => matchesPlainly(wanted, each)),
  required: (wanted, value) => Array.isArray(wanted) && isRecord(value) && wanted.every((name) => typeof name === 'string' && Object.hasOwn(value, name)),
  properties: (wanted, value) =>
    isRecord(wanted) && isRecord(value) && Object.entries(value).every(([name, each]) => !Object.hasOwn(wanted, name) || matchesPlainly(wanted[name], each)),
  additionalProperties: (wanted, value, { patternProperties, properties }) =>
    wanted === true ||
    (wanted === false && patternProperties === undefined && isRecord(properties) && isRecord(value) && Object.keys(value).every((name) => Object.hasOwn(properties, name))),
};

/**
 * Whether a value matches a JSON Schema 2020-12, for the few keywords that most tools do with: to compile those, or to read compiled ones, takes a
 * millisecond of each start.
 *
 * @returns false where it does not match, and where that is not certain: a validator then tells
 */
export function matchesPlainly(schema: unknown, value: unknown): boolean {
  if (!isRecord(schema)) return false;
  return Object.entries(schema).every(([keyword, wanted]) => {
    if (ANNOTATIONS.has(keyword) || keyword.startsWith('x-')) return true;
    return Object.hasOwn(RULES, keyword) && RULES[keyword]!(wanted, value, schema);
  });
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As the standard counts: code points. */
function charactersOf(text: string): number {
  return Array.from(text).length;
}
