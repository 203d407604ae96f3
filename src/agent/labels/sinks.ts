import { resolve } from 'node:path';
import type { JsonSchema, JsonValue } from '@toka/sdk';
import type { ParameterSchema, Tool } from '../../manifest/tool.ts';

/** A value of a call that decides where something goes, or what happens. */
export interface Sink {
  /** A JSON Pointer. */
  readonly parameter: string;
  readonly role: string;
  readonly value: string;
}

const words = (text: string): Set<string> => new Set(text.split(' '));
/** What the names of parameters say. The first list that holds one of the words of a name decides. */
const BY_NAME: readonly (readonly [role: string, words: ReadonlySet<string>])[] = [
  ['command', words('argv arg args arguments cmd command commands code eval exec executable expression program script shell sql statement')],
  ['url', words('uri url urls href link links host hosts hostname domain endpoint server ip proxy remote registry webhook callback origin repo repository')],
  [
    'recipient',
    words('to cc bcc recipient recipients receiver email emails mail address addresses phone channel room chat account iban payee assignee invitee invitees member members participant participants attendee attendees contact contacts destination dest target targets user users'),
  ],
  ['path', words('path paths file files filename folder directory dir cwd location out outdir outfile output root workdir')],
];
/** What is only said, to whom it is said being another parameter. */
const CONTENT = words('body text message messages content contents subject title description summary comment comments note notes reason prompt question answer input data format language lang locale unit units encoding mode sort order label labels tag tags level color');
/** The same, where nothing is changed by it. */
const ASKED = words('q query search filter pattern keyword keywords term terms');
const FORMATS: Readonly<Record<string, string>> = { uri: 'url', iri: 'url', url: 'url', 'uri-reference': 'url', 'iri-reference': 'url', hostname: 'url', 'idn-hostname': 'url', ipv4: 'url', ipv6: 'url', email: 'recipient', 'idn-email': 'recipient' };

/**
 * The values of a call that somebody might want to choose in the person's place: by what the manifest says of a parameter, else by what it is, else by
 * its name. Of a tool that sends something every text counts, unless it is plainly nothing but what is said.
 */
export function sinksOf(tool: Tool, params: Readonly<Record<string, unknown>>, cwd: string): Sink[] {
  if (tool.executable.type === 'code') return sinksOfCode(tool, params);
  // What an agent is told is judged by what it then asks for.
  if (tool.executable.type === 'agent') return [];
  const reach = reachOf(tool);
  return Object.entries(params).flatMap(([name, value]) => {
    const schema = tool.params.properties[name];
    if (schema && isDefault(schema, value, cwd)) return [];
    const role = schema?.['x-role'] ?? roleOf(name, schema, tool, reach);
    return role === 'content' ? [] : leaves(value, schema, `/${escaped(name)}`, role === undefined ? undefined : { role, isNamed: role !== 'value' });
  });
}

/** The texts and numbers of a call that whoever made it has chosen freely. */
export function chosenIn(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, cwd: string): string[] {
  return Object.entries(params).flatMap(([name, value]) => {
    const schema = tool?.params.properties[name];
    return schema && (isDefault(schema, value, cwd) || isListed(schema, value)) ? [] : textsOf(value as JsonValue);
  });
}

/** All texts and numbers in a value, names of members included. */
export function textsOf(value: JsonValue): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value) ? value.flatMap(textsOf) : Object.entries(value).flatMap(([name, member]) => [name, ...textsOf(member)]);
}

type Reach = 'none' | 'local' | 'away';

function reachOf({ effect, capabilities, executable }: Tool): Reach {
  const all = [...capabilities.required, ...capabilities.optional];
  if (effect === 'external' || effect === 'privileged' || executable.type === 'mcp' || all.some((capability) => capability.startsWith('net:'))) return 'away';
  return effect === 'idempotent' || all.some((capability) => /^(fs:write|proc:|tool:)/.test(capability)) ? 'local' : 'none';
}

function roleOf(name: string, schema: ParameterSchema | undefined, tool: Tool, reach: Reach): string | undefined {
  if (reach === 'none' || schema?.['x-type'] === 'secret') return undefined;
  if (isPath(schema)) return reach === 'away' || writes(tool, name) ? 'path' : undefined;
  const format = FORMATS[textOf(schema?.['format']) ?? textOf(itemsOf(schema)?.['format']) ?? ''];
  if (format !== undefined) return format;
  const parts = partsOf(name);
  const named = BY_NAME.find(([, list]) => parts.some((part) => list.has(part)))?.[0];
  if (named !== undefined) return named;
  if (reach === 'local') return undefined;
  const isContent = parts.some((part) => CONTENT.has(part) || (ASKED.has(part) && (tool.effect === 'none' || tool.effect === 'read')));
  return isContent ? 'content' : 'value';
}

/** Whether what a path names may be written: where a manifest does not say which one is, all are. */
function writes({ capabilities: { required, optional } }: Tool, name: string): boolean {
  const written = [...required, ...optional].filter((capability) => capability.startsWith('fs:write'));
  return written.length === 0 || written.some((capability) => !capability.includes('{') || capability.includes(`{${name}}`));
}

interface Role {
  readonly role: string;
  /** Whether it is known what it is: then numbers decide too, an account for instance. */
  readonly isNamed: boolean;
}

function leaves(value: unknown, schema: JsonSchema | undefined, pointer: string, outer: Role | undefined): Sink[] {
  if (Array.isArray(value)) {
    // The words of one command are one value: each by itself may be harmless.
    if (outer?.role === 'command' && value.every((each) => typeof each === 'string')) return [{ parameter: pointer, ...pick(outer), value: value.join(' ') }];
    return value.flatMap((each, at) => leaves(each, itemsOf(schema), `${pointer}/${at}`, outer));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => {
      const inner = (schema?.['properties'] as Readonly<Record<string, JsonSchema>> | undefined)?.[name];
      const at = `${pointer}/${escaped(name)}`;
      // A name that no schema knows was chosen as well.
      const key = outer && !inner ? [{ parameter: at, ...pick(outer), value: name }] : [];
      return [...key, ...leaves(member, inner, at, outer && innerRole(name, outer))];
    });
  }
  if (!outer || isListed(schema, value)) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ parameter: pointer, ...pick(outer), value }];
  return typeof value === 'number' && outer.isNamed ? [{ parameter: pointer, ...pick(outer), value: String(value) }] : [];
}

function pick({ role }: Role): Pick<Sink, 'role'> {
  return { role };
}

function innerRole(name: string, outer: Role): Role {
  const named = BY_NAME.find(([, list]) => partsOf(name).some((part) => list.has(part)))?.[0];
  return named === undefined ? outer : { role: named, isNamed: true };
}

/** Code may do by itself whatever was granted to it; where that is only to call tools and to read, its calls are judged instead. What is installed for it is code by somebody else. */
function sinksOfCode({ capabilities: { required, optional } }: Tool, params: Readonly<Record<string, unknown>>): Sink[] {
  const isTame = [...required, ...optional].every((capability) => /^(tool:call|fs:read|env:read)/.test(capability));
  const { source, requirements } = params as { readonly source?: unknown; readonly requirements?: unknown };
  return [
    ...(isTame || typeof source !== 'string' ? [] : [{ parameter: '/source', role: 'command', value: source }]),
    ...(Array.isArray(requirements) ? requirements.map((each, at) => ({ parameter: `/requirements/${at}`, role: 'command', value: String(each) })) : []),
  ];
}

function isDefault(schema: ParameterSchema, value: unknown, cwd: string): boolean {
  if (schema.default === undefined) return false;
  // By now its paths are absolute.
  const absolute = (each: JsonValue): JsonValue => (typeof each === 'string' ? resolve(cwd, each) : each);
  const own = !isPath(schema) ? schema.default : Array.isArray(schema.default) ? schema.default.map(absolute) : absolute(schema.default);
  return JSON.stringify(value) === JSON.stringify(own);
}

function isListed(schema: JsonSchema | undefined, value: unknown): boolean {
  return (Array.isArray(schema?.['enum']) && schema['enum'].includes(value)) || (schema !== undefined && 'const' in schema && schema['const'] === value);
}

function isPath(schema: ParameterSchema | undefined): boolean {
  return schema?.['x-type'] === 'path' || itemsOf(schema)?.['x-type'] === 'path';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function itemsOf(schema: JsonSchema | undefined): JsonSchema | undefined {
  const items = schema?.['items'];
  return typeof items === 'object' && items !== null ? (items as JsonSchema) : undefined;
}

/** `replyTo`, `reply-to` and `reply_to` are two words. */
function partsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
