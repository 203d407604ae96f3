import type { JsonSchema, JsonValue } from '@toka/sdk';
import type { Literal } from './literals.ts';

/** What a parameter wants: a kind of literal, one of some words, a switch, a list, any text, or what no text says. */
export type Kind = Exclude<Literal['kind'], 'named' | 'quoted'> | 'host' | 'choice' | 'switch' | 'list' | 'text' | 'object';

const BY_FORMAT: Readonly<Record<string, Kind>> = { uri: 'url', url: 'url', email: 'email', date: 'date', hostname: 'host' };
const BY_NAME: readonly (readonly [Kind, RegExp])[] = [
  ['url', /\b(?:url|uri|website|webpage)s?\b/i],
  ['email', /\b(?:e ?mail|recipient)s?\b/i],
  ['path', /\b(?:path|file|filename|folder|dir|directory|root|cwd)s?\b/i],
  ['date', /\b(?:date|day)\b/i],
  ['host', /\b(?:host|hostname|domain)\b/i],
];

export function kindOf(name: string, schema: JsonSchema): Kind {
  if (Array.isArray(schema['enum'])) return 'choice';
  switch (schema['type']) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return 'list';
    case 'string':
      return textKind(name, schema);
    default:
      return 'object';
  }
}

function textKind(name: string, { format, description }: JsonSchema): Kind {
  const byFormat = typeof format === 'string' && Object.hasOwn(BY_FORMAT, format) ? BY_FORMAT[format] : undefined;
  if (byFormat) return byFormat;
  const byName = BY_NAME.find(([, pattern]) => pattern.test(spaced(name)));
  if (byName) return byName[0];
  const says = typeof description === 'string' ? description : '';
  if (/\be-?mail address\b|\baddress of the recipient\b/i.test(says)) return 'email';
  return /^(?:the |a |an )?(?:\w+ )?(?:file|folder|directory|document|path)\b/i.test(says) && !/\bname\b/i.test(says) ? 'path' : 'text';
}

/** The words and numbers of which one is wanted. */
export function choicesOf({ enum: allowed }: JsonSchema): (string | number)[] {
  return Array.isArray(allowed) ? allowed.filter((each) => typeof each === 'string' || typeof each === 'number') : [];
}

/** The words of a name such as `maxLines` or `max-lines`. */
export function spaced(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|[_-]/g, ' ').toLowerCase();
}

/** Whether a literal may stand where that kind is wanted. */
export function fits(kind: Kind, literal: Pick<Literal, 'kind' | 'value'>): boolean {
  if (kind === 'host') return literal.kind === 'path' && /^[\w-]+(?:\.[\w-]+)+$/.test(literal.value);
  if (kind === 'text') return literal.kind === 'quoted';
  return literal.kind === kind || (literal.kind === 'quoted' && (kind === 'path' || kind === 'url' || kind === 'email') && !/\s/.test(literal.value));
}

/** The value that a text is for a parameter; undefined where it is none. */
export function valueOf(text: string, schema: JsonSchema): JsonValue | undefined {
  const { type } = schema;
  if (Array.isArray(schema['enum'])) return choicesOf(schema).find((each) => String(each).toLowerCase() === text.toLowerCase());
  if (type === 'boolean') return /^(?:true|yes|on)$/i.test(text) ? true : /^(?:false|no|off)$/i.test(text) ? false : undefined;
  if (type === 'number' || type === 'integer') {
    const number = Number(text);
    return text.trim() === '' || !Number.isFinite(number) || (type === 'integer' && !Number.isInteger(number)) ? undefined : number;
  }
  if (type === 'array') return [text];
  return type === 'string' ? text : undefined;
}

/** A text as a part of a regular expression. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
