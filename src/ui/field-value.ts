import type { JsonObject } from '@toka/sdk';

type Value = JsonObject[string];

/** What a person wrote, as a value of the wanted type; undefined where it is none. Lists are JSON, or parts with commas between. */
export function fieldValue(text: string, schema: Readonly<Record<string, unknown>>): Value | undefined {
  const { enum: allowed } = schema;
  return Array.isArray(allowed) ? [text, parsed(text)].find((value) => allowed.includes(value)) : typed(text, schema);
}

function typed(text: string, schema: Readonly<Record<string, unknown>>): Value | undefined {
  const json = parsed(text);
  switch (schema['type']) {
    case 'integer':
      return Number.isInteger(json) ? json : undefined;
    case 'number':
      return typeof json === 'number' ? json : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : { yes: true, no: false }[text.trim().toLowerCase()];
    case 'array':
      return Array.isArray(json) ? json : list(text, (schema['items'] ?? {}) as JsonObject);
    case 'object':
      return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
    case 'string':
      return text;
    default:
      return json ?? text;
  }
}

function list(text: string, items: JsonObject): Value | undefined {
  // What begins as JSON and is none was not meant as parts.
  if (text.trimStart().startsWith('[')) return undefined;
  const values = text.trim().split(/\s*,\s*/).map((part) => fieldValue(part, items));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function parsed(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
