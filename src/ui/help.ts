import type { ParameterSchema, Tool } from '../manifest/tool.ts';
import { flagName } from './flags.ts';
import { paint, plain, plainLine, type Terminal } from './text.ts';

/** The help of one tool, made from its manifest. */
export function toolHelp(tool: Tool, view: Terminal): string {
  const names = Object.entries(tool.params.properties);
  const bare = names
    .filter(([, schema]) => schema['x-position'] !== undefined)
    .toSorted(([, a], [, b]) => (a['x-position'] ?? 0) - (b['x-position'] ?? 0))
    .map(([name, schema]) => usageWord(name, schema, tool.params.required.includes(name)));
  const title = (words: string): string => paint(view, 'bold', words);
  const lines = [
    plain(tool.description),
    '',
    title('USAGE'),
    `  $ toka run ${tool.name}${bare.length > 0 ? ` ${bare.join(' ')}` : ''}${names.length > 0 ? ' [PARAMETERS]' : ''}`,
    ...section(title('PARAMETERS'), names.map(([name, schema]) => parameterRow(name, schema, tool.params.required.includes(name)))),
    '',
    title('WHAT IT MAY DO'),
    `  effect    ${tool.effect}`,
    `  level     ${tool.level}`,
    `  needs     ${tool.capabilities.required.join(', ') || 'nothing'}`,
    ...(tool.capabilities.optional.length > 0 ? [`  optional  ${tool.capabilities.optional.join(', ')}`] : []),
    `  from      ${tool.qualified} ${tool.version}`,
    ...section(title('EXAMPLES'), tool.examples.flatMap(({ description, params }) => [[plain(description)], [`$ ${example(tool, params)}`]])),
    '',
    title("TOKA'S OWN FLAGS"),
    '  --allow CAPABILITY, --budget calls=10,wall=60s, --dry-run, --frozen, --json, --param NAME=VALUE, --params FILE|-, --passthrough-exit, --quiet,',
    '  --record, --storage BACKEND:FOLDER, --timeout 30s, --token FILE',
    '  (before the name of the tool, or after it where the tool has no parameter of that name; toka run --help explains them)',
  ];
  return `${lines.map(plainLine).join('\n')}\n`;
}

function usageWord(name: string, schema: ParameterSchema, isRequired: boolean): string {
  const word = `${flagName(name).toUpperCase()}${schema.type === 'array' ? '...' : ''}`;
  return isRequired ? word : `[${word}]`;
}

function parameterRow(name: string, schema: ParameterSchema, isRequired: boolean): string[] {
  const facts = [
    ...(isRequired ? ['required'] : []),
    ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
    ...choices(schema),
    ...range(schema),
  ];
  return [`--${flagName(name)}`, kind(schema), `${plain(schema.description)}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`];
}

function choices(schema: ParameterSchema): string[] {
  const values = schema.enum ?? itemsOf(schema).enum;
  return values ? [`${schema.enum ? '' : 'each '}one of ${values.map(text).join(', ')}`] : [];
}

function itemsOf(schema: ParameterSchema): Partial<ParameterSchema> {
  return schema['items'] ?? {};
}

function kind(schema: ParameterSchema): string {
  if (schema.type === 'array') return `${itemKind(schema)}...`;
  return schema['x-type'] ?? (schema.enum ? 'enum' : schema.type);
}

function itemKind(schema: ParameterSchema): string {
  const items = itemsOf(schema);
  return items['x-type'] ?? items.type ?? 'value';
}

function range(schema: ParameterSchema): string[] {
  const from = schema['minimum'];
  const to = schema['maximum'];
  if (from === undefined && to === undefined) return [];
  if (from === undefined) return [`at most ${text(to)}`];
  return [to === undefined ? `at least ${text(from)}` : `${text(from)} to ${text(to)}`];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row.length > column + 1 ? (row[column]?.length ?? 0) : 0))));
  const lines = rows.map((row) => row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell)).join('  '));
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

/** The command line of an example, quoted for a POSIX shell. */
function example(tool: Tool, params: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(params).flatMap(([name, value]) => {
    const schema = tool.params.properties[name];
    if (value === true) return [`--${flagName(name)}`];
    if (value === false) return [`--no-${flagName(name)}`];
    const values = Array.isArray(value) && schema?.type === 'array' ? value : [value];
    return values.flatMap((each) => [`--${flagName(name)}`, quote(typeof each === 'string' ? each : JSON.stringify(each))]);
  });
  return ['toka run', tool.name, ...words].join(' ');
}

/** Control characters, line breaks, and what stands in a text unseen. Made where it is needed: V8 takes a millisecond for it. */
const unseen = (): RegExp => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Quotes a word for a POSIX shell where that is needed, on one line and with nothing in it that cannot be seen. */
export function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(unseen()) === -1) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${word.replaceAll(/['\\]/g, String.raw`\$&`).replaceAll(unseen(), escaped)}'`;
}

/** A path as it is, unless something in it cannot be seen. */
export function quotePath(path: string): string {
  return path.search(unseen()) === -1 ? path : quote(path);
}

const NAMED: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`, '\u001b': String.raw`\e` };

function escaped(letter: string): string {
  return NAMED[letter] ?? String.raw`\U${(letter.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
