import type { JsonSchema } from '@toka/sdk';
import type { Entry } from './grammar.ts';

/** What comments beside a variable say about it. */
export interface Annotations {
  readonly required?: boolean;
  readonly schema?: JsonSchema;
  /** A `@type` that is not known. */
  readonly unknownType?: string;
}

const DECORATOR = /@(\w+)(?:=("[^"]*"|'[^']*'|`[^`]*`|[\w.-]+(?:\((?:"[^"]*"|'[^']*'|`[^`]*`|[^()])*\))?))?/g;

const TYPES: Readonly<Record<string, (options: ReadonlyMap<string, string>, items: readonly string[]) => JsonSchema>> = {
  boolean: () => ({ format: 'env-boolean' }),
  email: () => ({ format: 'email' }),
  enum: (_options, items) => ({ enum: items }),
  int: (options) => ({ type: 'integer', ...range(options) }),
  integer: (options) => ({ type: 'integer', ...range(options) }),
  ip: () => ({ anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }),
  number: (options) => ({ type: options.get('isInt') === 'true' ? 'integer' : 'number', ...range(options) }),
  port: (options) => ({ type: 'integer', minimum: 1, maximum: 65_535, ...range(options) }),
  string: (options) => ({ type: 'string', ...lengths(options) }),
  url: () => ({ format: 'env-url' }),
  uuid: () => ({ format: 'uuid' }),
};

/**
 * Reads the decorators in the comments directly above a variable and behind its value: `# @required @type=port`, `# @type=enum(a, b)`. They are
 * those of the env-spec proposal (`@required`, `@optional`, `@type=…`); its other decorators are left to its own tools.
 */
export function readAnnotations(text: string, entry: Entry): Annotations {
  const comments = [...commentsAbove(text, entry.keyStart), commentBehind(text, entry.end)];
  const found: { required?: boolean; schema?: JsonSchema; unknownType?: string } = {};
  for (const comment of comments) {
    if (!/^\s*@\w/.test(comment)) continue;
    for (const [, name, value = ''] of comment.matchAll(DECORATOR)) {
      if (name === 'required') found.required = value !== 'false';
      if (name === 'optional') found.required = value === 'false';
      if (name !== 'type') continue;
      const schema = readType(value);
      if (schema === undefined) found.unknownType = value;
      else found.schema = schema;
    }
  }
  return found;
}

function commentsAbove(text: string, offset: number): string[] {
  const lines = text.slice(0, offset).split('\n').slice(0, -1);
  const comments: string[] = [];
  for (let at = lines.length - 1; at >= 0; at--) {
    const comment = /^\s*#(.*)$/.exec(lines[at] ?? '')?.[1];
    if (comment === undefined) break;
    comments.unshift(comment);
  }
  return comments;
}

function commentBehind(text: string, end: number): string {
  const newline = text.indexOf('\n', end);
  return /^[ \t]*#(.*)$/.exec(text.slice(end, newline === -1 ? undefined : newline))?.[1] ?? '';
}

function readType(value: string): JsonSchema | undefined {
  const [, name = '', list = ''] = /^(\w+)(?:\(([\s\S]*)\))?$/.exec(value) ?? [];
  const make = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  const parts = list.match(/(?:"[^"]*"|'[^']*'|`[^`]*`|[^,])+/g)?.map((part) => part.trim()) ?? [];
  const options = new Map(parts.map((part) => [part.split('=', 1)[0] ?? '', bare(part.slice(part.indexOf('=') + 1))]));
  return make?.(options, parts.map(bare));
}

function bare(text: string): string {
  return text.replace(/^(["'`])([\s\S]*)\1$/, '$2');
}

function range(options: ReadonlyMap<string, string>): JsonSchema {
  return { ...figure(options, 'min', 'minimum'), ...figure(options, 'max', 'maximum') };
}

function lengths(options: ReadonlyMap<string, string>): JsonSchema {
  const pattern = options.get('matches');
  return {
    ...figure(options, 'minLength', 'minLength'),
    ...figure(options, 'maxLength', 'maxLength'),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

function figure(options: ReadonlyMap<string, string>, name: string, keyword: string): JsonSchema {
  const value = Number(options.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? { [keyword]: value } : {};
}
