import type { Link } from './model.ts';

/** The parts of a relative destination. */
export interface Destination {
  /** Percent-encoding decoded; a malformed one is left as it is. */
  readonly path: string;
  /** `?…` and `#…` as written. */
  readonly query: string;
  readonly hash: string;
  /** The anchor, decoded, without `#`; `undefined` where there is none. */
  readonly anchor: string | undefined;
}

/** What a destination is, as far as can be told from its text. */
export function classify(destination: string): 'empty' | 'external' | 'local' | 'relative' | 'template' {
  if (destination === '') return 'empty';
  if (/\{\{|\{%|<%|\$\{|^\{|^<|\}\}/.test(destination)) return 'template';
  if (/^file:|^[a-z]:[\\/]/i.test(destination)) return 'local';
  if (/^(?:[a-z][a-z0-9+.-]+:|\/\/)/i.test(destination)) return 'external';
  return 'relative';
}

export function parseDestination(destination: string): Destination {
  const at = destination.indexOf('#');
  const front = at === -1 ? destination : destination.slice(0, at);
  const hash = at === -1 ? '' : destination.slice(at);
  const query = front.indexOf('?');
  return {
    path: decoded(query === -1 ? front : front.slice(0, query)),
    query: query === -1 ? '' : front.slice(query),
    hash,
    anchor: at === -1 ? undefined : decoded(hash.slice(1).replace(/:~:.*$/s, '')),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Writes a destination anew, escaped for the place where the link stands.
 *
 * @param link The link as it is.
 * @param change The new path (decoded) or the new anchor (decoded); the rest is kept.
 * @returns The text for the link's span.
 */
export function rewritten(link: Link, change: { path?: string; anchor?: string }): string {
  const old = parseDestination(link.destination);
  const front =
    change.path === undefined
      ? link.destination.slice(0, link.destination.length - old.query.length - old.hash.length)
      : escapePath(change.path);
  const hash = change.anchor === undefined ? old.hash : `#${escapePath(change.anchor)}`;
  const text = `${front}${old.query}${hash}`;
  if (link.format === 'html') return text.replaceAll('&', '&amp;').replaceAll('"', '%22').replaceAll("'", '%27');
  return text.replaceAll(/[()<> \\]/g, (character) => encodeCharacter(character)).replaceAll(/&(?=[a-z#])/gi, '&amp;');
}

function escapePath(path: string): string {
  return path.replaceAll(/[\s%?#"'<>[\]()\\^`{|}]/g, (character) => encodeCharacter(character));
}

function encodeCharacter(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
