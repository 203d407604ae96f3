import type { JsonValue } from '@toka/sdk';
import { escapeGlob } from '../../capability/glob.ts';

/** Says of one folder what was said of another one, and back. */
export interface Move {
  path(path: string): string;
  /** Of texts that are paths. */
  json(value: JsonValue): JsonValue;
  capability(text: string): string;
  /** The other way, wherever it stands in a text. */
  back(text: string): string;
  bytesBack(bytes: Uint8Array): Uint8Array;
  jsonBack(value: JsonValue): JsonValue;
}

export function moveOf(from: string, to: string): Move {
  const replaced = (text: string, old: string, now: string): string => (text === old || text.startsWith(`${old}/`) ? now + text.slice(old.length) : text);
  const path: Move['path'] = (text) => replaced(text, from, to);
  const back: Move['back'] = (text) => (from === to ? text : text.replaceAll(to, from));
  return {
    path,
    json: (value) => mapTexts(value, path),
    capability: (text) => {
      const [domain = '', action = '', ...scope] = text.split(':');
      return domain === 'fs' || domain === 'proc' ? [domain, action, replaced(scope.join(':'), escapeGlob(from), escapeGlob(to))].join(':') : text;
    },
    back,
    bytesBack: (bytes) => {
      const text = Buffer.from(bytes).toString('utf8');
      return back(text) === text ? bytes : Buffer.from(back(text));
    },
    jsonBack: (value) => mapTexts(value, back),
  };
}

function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]): [string, JsonValue] => [name, mapTexts(each, map)]));
}
