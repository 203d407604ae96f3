import type { CallableTool, JsonSchema } from '@toka/sdk';

const WIDTH = 100;

/** Schemas that stand in one another so deep are no longer spelt out: they may be parts of themselves. */
const DEPTH = 8;

/** TypeScript declarations of what code finds as `tools`, for people who write such code and for prompts of models. */
export function typesOf(tools: readonly CallableTool[]): string {
  const members = tools.map(({ alias, summary, params, output }) => {
    const given = typeOf(params, { root: params, indent: '  ', depth: 0 });
    const answer = output === undefined ? 'unknown' : typeOf(output, { root: output, indent: '  ', depth: 0 });
    const isOptional = !Array.isArray(params['required']) || params['required'].length === 0;
    return `${comment(summary, '  ')}  ${keyOf(alias)}(params${isOptional ? '?' : ''}: ${given}): Promise<${answer}>;\n`;
  });
  return `declare const tools: {\n${members.join('')}};\n`;
}

interface Place {
  readonly root: JsonSchema;
  readonly indent: string;
  readonly depth: number;
}

function typeOf(schema: unknown, place: Place): string {
  if (schema === false) return 'never';
  if (!isSchema(schema) || place.depth > DEPTH) return 'unknown';
  const inner = { ...place, depth: place.depth + 1 };
  if (typeof schema['$ref'] === 'string') return typeOf(referred(place.root, schema['$ref']), inner);
  if ('const' in schema) return literal(schema['const']);
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map(literal));
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices)) return union(choices.map((each) => typeOf(each, inner)));
  if (Array.isArray(schema['allOf'])) return schema['allOf'].map((each) => bracketed(typeOf(each, inner))).join(' & ') || 'unknown';
  const names: readonly unknown[] = Array.isArray(schema['type']) ? schema['type'] : [schema['type'] ?? (isSchema(schema['properties']) ? 'object' : undefined)];
  return union(names.map((name) => typeNamed(name, schema, place)));
}

function typeNamed(name: unknown, schema: JsonSchema, place: Place): string {
  switch (name) {
    case 'string':
    case 'boolean':
    case 'null':
      return name;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return listType(schema, { ...place, depth: place.depth + 1 });
    case 'object':
      return objectType(schema, place);
    default:
      return 'unknown';
  }
}

function listType({ prefixItems, items }: JsonSchema, place: Place): string {
  if (!Array.isArray(prefixItems)) return `${bracketed(typeOf(items, place))}[]`;
  const first = prefixItems.map((each) => `${bracketed(typeOf(each, place))}?`);
  return `[${[...first, ...(items === false ? [] : [`...${bracketed(typeOf(items, place))}[]`])].join(', ')}]`;
}

function objectType({ properties, required, additionalProperties }: JsonSchema, place: Place): string {
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  const inside = { root: place.root, indent: `${place.indent}  `, depth: place.depth + 1 };
  const members = Object.entries(isSchema(properties) ? properties : {}).map(([name, schema]) => {
    const description = isSchema(schema) && typeof schema['description'] === 'string' ? schema['description'] : '';
    return { description, text: `${keyOf(name)}${needed.includes(name) ? '' : '?'}: ${typeOf(schema, inside)}` };
  });
  if (members.length === 0) return additionalProperties === false ? 'Record<string, never>' : `Record<string, ${additionalProperties === undefined ? 'unknown' : typeOf(additionalProperties, inside)}>`;
  // Beside named members others can be of any type only.
  const all = additionalProperties === false || additionalProperties === undefined ? members : [...members, { description: '', text: '[name: string]: unknown' }];
  const line = `{ ${all.map(({ text }) => text).join('; ')} }`;
  if (line.length < WIDTH && !line.includes('\n') && all.every(({ description }) => description === '')) return line;
  return `{\n${all.map(({ description, text }) => `${comment(description, inside.indent)}${inside.indent}${text};\n`).join('')}${place.indent}}`;
}

/** References stay inside of their schema: manifests with others are refused. */
function referred(root: JsonSchema, reference: string): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter((step) => step !== '');
  return steps.reduce<unknown>((part, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return isSchema(part) && Object.hasOwn(part, key) ? part[key] : undefined;
  }, root);
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.length === 0) return 'never';
  return distinct.includes('unknown') ? 'unknown' : distinct.join(' | ');
}

function bracketed(type: string): string {
  return /^(?:\w+|\{[^{}]*\})$/.test(type) ? type : `(${type})`;
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'unknown[]' : 'Record<string, unknown>') : JSON.stringify(value);
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function comment(text: string, indent: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim();
  return line === '' ? '' : `${indent}/** ${line} */\n`;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
