import type { ParameterSchema, ParametersSchema, Tool } from '../manifest/tool.ts';
import { TokaError } from '../errors.ts';
import { nearest } from '../manifest/nearest.ts';

/** toka's own flags of `toka run`; those with a value, those without, and those that may come again. */
export const OWN_FLAGS = {
  allow: 'list',
  budget: 'value',
  debug: 'switch',
  detach: 'switch',
  'dry-run': 'switch',
  engine: 'value',
  frozen: 'switch',
  help: 'switch',
  json: 'switch',
  map: 'list',
  'no-cache': 'switch',
  param: 'list',
  params: 'value',
  'passthrough-exit': 'switch',
  quiet: 'switch',
  record: 'switch',
  storage: 'value',
  timeout: 'value',
  token: 'value',
} as const satisfies Record<string, 'list' | 'switch' | 'value'>;

export type OwnFlag = keyof typeof OWN_FLAGS;

/** Names that a manifest cannot take away from toka. */
const RESERVED: readonly string[] = ['help', 'json', 'params'];

export interface OwnFlags {
  readonly values: ReadonlyMap<OwnFlag, readonly string[]>;
  has(flag: OwnFlag): boolean;
  last(flag: OwnFlag): string | undefined;
  all(flag: OwnFlag): readonly string[];
}

/** A parameter's flag: `dryRun` and `dry_run` become `--dry-run`. */
export function flagName(parameter: string): string {
  // To read the classes of Unicode takes a millisecond of every start.
  const words = /^[\u0020-\u007e]*$/.test(parameter) ? /([a-z\d])([A-Z])/g : /([\p{Ll}\p{N}])(\p{Lu})/gu;
  return parameter
    .replaceAll(words, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/**
 * Splits the words before NAME from the rest.
 *
 * @throws TokaError TOKA_USAGE for a flag before NAME that is not toka's.
 */
export function splitAtName(argv: readonly string[]): { readonly own: Map<OwnFlag, string[]>; readonly name?: string; readonly rest: readonly string[] } {
  const own = new Map<OwnFlag, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') return { own, name: word, rest: argv.slice(at + 1) };
    const { name, value } = readFlag(word);
    const flag = ownFlag(name);
    if (flag === undefined) throw unknownFlag(word, Object.keys(OWN_FLAGS), 'before the name of the tool');
    at += take(own, flag, value, argv[at + 1], word);
  }
  return { own, rest: [] };
}

/**
 * Reads the words after NAME: the tool's parameters as flags and bare words, toka's own flags where the tool declares no such name.
 *
 * @throws TokaError TOKA_USAGE, TOKA_PARAM_INVALID
 */
export function readParameters(tool: Tool, rest: readonly string[], own: Map<OwnFlag, string[]>): Record<string, unknown> {
  const byFlag = new Map(Object.keys(tool.params.properties).map((name) => [flagName(name), name]));
  // Without a prototype: a parameter may be named like a member of every object.
  const params = Object.create(null) as Record<string, unknown>;
  const bare: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (word === '--') {
      bare.push(...rest.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-' || /^-\d/.test(word)) {
      bare.push(word);
      continue;
    }
    const { name, value } = readFlag(word);
    const parameter = RESERVED.includes(name) ? undefined : byFlag.get(name);
    const negated = name.startsWith('no-') ? byFlag.get(name.slice(3)) : undefined;
    const flag = ownFlag(name);
    if (parameter !== undefined) at += takeParameter(params, tool.params, parameter, value, rest[at + 1], word);
    else if (negated !== undefined && tool.params.properties[negated]?.type === 'boolean') params[negated] = false;
    else if (flag !== undefined) at += take(own, flag, value, rest[at + 1], word);
    else throw unknownFlag(word, [...byFlag.keys(), ...Object.keys(OWN_FLAGS)], `of ${tool.name}`);
  }
  assignBare(tool, bare, params);
  for (const assignment of own.get('param') ?? []) assign(tool, assignment, params);
  return params;
}

export function ownFlags(values: ReadonlyMap<OwnFlag, readonly string[]>): OwnFlags {
  return {
    values,
    has: (flag) => values.has(flag),
    last: (flag) => values.get(flag)?.at(-1),
    all: (flag) => values.get(flag) ?? [],
  };
}

function readFlag(word: string): { name: string; value?: string } {
  const text = word === '-h' ? '--help' : word;
  const equals = text.indexOf('=');
  const name = text.slice(0, equals === -1 ? undefined : equals).replace(/^--?/, '');
  return equals === -1 ? { name } : { name, value: text.slice(equals + 1) };
}

function ownFlag(name: string): OwnFlag | undefined {
  return Object.hasOwn(OWN_FLAGS, name) ? (name as OwnFlag) : undefined;
}

/** Stores one of toka's flags; returns how many further words it took. */
function take(own: Map<OwnFlag, string[]>, flag: OwnFlag, value: string | undefined, next: string | undefined, word: string): 0 | 1 {
  if (OWN_FLAGS[flag] === 'switch') {
    if (value !== undefined) throw new TokaError('TOKA_USAGE', `--${flag} takes no value, found "${word}"`, { hint: `write --${flag}` });
    own.set(flag, ['true']);
    return 0;
  }
  const given = value ?? next;
  if (given === undefined) throw new TokaError('TOKA_USAGE', `--${flag} needs a value`, { hint: `write --${flag} VALUE` });
  own.set(flag, OWN_FLAGS[flag] === 'list' ? [...(own.get(flag) ?? []), given] : [given]);
  return value === undefined ? 1 : 0;
}

function takeParameter(
  params: Record<string, unknown>,
  schema: ParametersSchema,
  name: string,
  value: string | undefined,
  next: string | undefined,
  word: string,
): 0 | 1 {
  const property = schema.properties[name];
  if (property?.type === 'boolean') {
    params[name] = value === undefined ? true : readValue(name, property, value);
    return 0;
  }
  const given = value ?? next;
  if (given === undefined) throw new TokaError('TOKA_USAGE', `${word} needs a value`, { hint: `write ${word} VALUE` });
  store(params, name, property, given);
  return value === undefined ? 1 : 0;
}

/** A list takes a flag or word at a time, or a whole JSON list at once. */
function store(params: Record<string, unknown>, name: string, property: ParameterSchema | undefined, text: string): void {
  if (property?.type !== 'array' || text.trimStart().startsWith('[')) {
    params[name] = readValue(name, property, text);
    return;
  }
  const list = Array.isArray(params[name]) ? (params[name] as unknown[]) : [];
  params[name] = [...list, readValue(name, property['items'] as ParameterSchema | undefined, text)];
}

function assignBare(tool: Tool, bare: readonly string[], params: Record<string, unknown>): void {
  const places = Object.entries(tool.params.properties)
    .filter(([, property]) => property['x-position'] !== undefined)
    .toSorted(([, a], [, b]) => (a['x-position'] ?? 0) - (b['x-position'] ?? 0));
  let place = 0;
  for (const word of bare) {
    while (places[place] !== undefined && params[places[place]?.[0] ?? ''] !== undefined && places[place]?.[1].type !== 'array') place += 1;
    const [name, property] = places[place] ?? [];
    if (name === undefined) {
      throw new TokaError('TOKA_USAGE', `${tool.name} does not take the word "${word}"`, { hint: `toka run ${tool.name} --help shows its parameters` });
    }
    store(params, name, property, word);
    if (property?.type !== 'array') place += 1;
  }
}

function assign(tool: Tool, assignment: string, params: Record<string, unknown>): void {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new TokaError('TOKA_USAGE', `--param takes NAME=VALUE, found "${assignment}"`, { hint: 'write --param name=value' });
  const name = assignment.slice(0, equals);
  const property = Object.hasOwn(tool.params.properties, name) ? tool.params.properties[name] : undefined;
  store(params, name, property, assignment.slice(equals + 1));
}

/** The text of a command line as the type that the manifest declares; what does not fit is left for validation to report. */
function readValue(name: string, property: ParameterSchema | undefined, text: string): unknown {
  switch (property?.type) {
    case 'integer':
      return /^[+-]?\d+$/.test(text.trim()) && !Number.isSafeInteger(Number(text)) ? text : readNumber(text);
    case 'number':
      return readNumber(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
    case 'object':
      return readJson(name, text);
    default:
      return text;
  }
}

function readNumber(text: string): number | string {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new TokaError('TOKA_PARAM_INVALID', `${name} takes JSON, found ${JSON.stringify(text.slice(0, 80))}`, {
      cause,
      hint: `write it as JSON in quotes: --${flagName(name)} '{"key": "value"}'`,
    });
  }
}

function unknownFlag(word: string, known: readonly string[], where: string): TokaError {
  const { name } = readFlag(word);
  const near = nearest(name, known);
  return new TokaError('TOKA_USAGE', `${word} is not a flag ${where}`, {
    hint: near === undefined ? 'see --help for all of them' : `did you mean --${near}? See --help for all of them`,
    data: { flag: word, known },
  });
}
