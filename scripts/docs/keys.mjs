import { table } from './table.mjs';

/** A table of all keys below a schema; `leaveOut` names keys of its own that have tables of theirs. */
export function keyTable(schema, prefix = '', leaveOut = []) {
  return table(['Key', 'Type', 'Default', 'Meaning'], rowsOf(schema, prefix, leaveOut).map(toCells));
}

function toCells({ key, type, value, meaning, only }) {
  return [`\`${key}\``, type, value, `${only === undefined ? '' : `(${only}) `}${meaning}`];
}

function rowsOf(schema, prefix, leaveOut = []) {
  const shapes = (schema.oneOf ?? schema.anyOf ?? [schema]).filter(({ properties }) => properties);
  const names = [...new Set(shapes.flatMap(({ properties }) => Object.keys(properties)))].filter((name) => !leaveOut.includes(name));
  return names.flatMap((name) => variants(shapes, name, prefix));
}

/** One row for a key, or one for each way in which the shapes of a union declare it. */
function variants(shapes, name, prefix) {
  const having = shapes.filter(({ properties }) => properties[name]);
  const key = prefix === '' ? name : `${prefix}.${name}`;
  const values = having.map(({ properties }) => properties[name].const).filter((value) => value !== undefined);
  if (values.length > 1) {
    const meaning = having.map(({ properties }) => properties[name].description ?? '').filter((text) => text !== '');
    const texts = meaning.map((text, at) => `\`${values[at]}\`: ${text}`).join(' ');
    return [{ key, type: values.map((value) => `\`${value}\``).join(', '), value: 'required', meaning: texts || 'What kind of value it is.' }];
  }
  const isTold = having.every((shape) => kindOf(shape) !== undefined);
  const groups = new Map();
  for (const shape of having) {
    // Of shapes that nothing tells apart only one is meant, so none of their own keys is required by itself.
    const isRequired = shape.required?.includes(name) === true && (isTold || having.length === shapes.length);
    const { type, ...row } = describe(key, shape.properties[name], isRequired);
    const same = JSON.stringify(row);
    const group = groups.get(same) ?? { row, kinds: [], types: new Set(), shape };
    group.kinds.push(kindOf(shape));
    groups.set(same, { ...group, types: group.types.add(type) });
  }
  return [...groups.values()].flatMap(({ row, kinds, types, shape }) => {
    const isEverywhere = kinds.length === shapes.length || !isTold;
    return [{ ...row, type: [...types].join(' or '), ...(isEverywhere ? {} : { only: kinds.join(', ') }) }, ...below(key, shape.properties[name])];
  });
}

/** What tells one shape of a union from the others. */
function kindOf({ properties }) {
  return properties.type?.const;
}

function below(key, schema) {
  const isList = schema.type === 'array';
  const inner = isList ? (schema.items ?? {}) : schema;
  return rowsOf(inner, isList ? `${key}[]` : key);
}

function describe(key, schema, isRequired) {
  const preset = schema.default === undefined || isEmpty(schema.default) ? '' : `\`${JSON.stringify(schema.default)}\``;
  const meaning = schema.description ?? '';
  return { key, type: typeOf(schema), value: isRequired ? 'required' : preset, meaning };
}

/** An empty object as a default only says that the key may be left out. */
function isEmpty(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function typeOf(schema) {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const union = schema.oneOf ?? schema.anyOf;
  if (union) return [...new Set(union.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === 'object') return 'map';
  return schema.type ?? 'any';
}
