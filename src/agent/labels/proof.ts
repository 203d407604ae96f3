import { relative } from 'node:path';
import { normal, occurs } from './normal.ts';

/** Where paths are read from. */
export interface Places {
  /** Absolute. */
  readonly cwd: string;
  readonly root: string;
  readonly home?: string;
}

/** A text by somebody who is trusted. Of what a tool has answered a command is taken only as a line of its own, not out of its midst. */
export interface Source {
  readonly text: string;
  readonly isAnswer: boolean;
}

/** A text as values are looked for in it. */
interface Prepared {
  readonly raw: string;
  readonly plain: string;
  readonly urls: ReadonlySet<string>;
}

/** What was prepared once: the same texts are looked at for each call of an agent. */
export class Library {
  readonly #prepared = new Map<string, Prepared>();

  of(raw: string): Prepared {
    const known = this.#prepared.get(raw);
    if (known) return known;
    const plain = normal(raw);
    const prepared = { raw, plain, urls: urlsIn(plain) };
    this.#prepared.set(raw, prepared);
    return prepared;
  }
}

/** What trusted texts hold, so that a value of theirs is known again. */
export class Proof {
  readonly #places: Places;
  readonly #library: Library;
  readonly #sources: Source[] = [];

  constructor(places: Places, library: Library) {
    this.#places = places;
    this.#library = library;
  }

  add(...sources: readonly Source[]): void {
    this.#sources.push(...sources);
  }

  /** Whether the value stands in one of them as a whole, by one of the ways in which such a value is written. */
  holds(role: string, value: string): boolean {
    if (value === '') return true;
    if (role === 'command') return this.#some(({ raw, plain }, isAnswer) => (isAnswer ? raw.split('\n').some((line) => line.trim() === value) : occurs(raw, value) || occurs(plain, value)));
    return this.#spellings(role, value).some((spelling) => this.#some(({ raw, plain }) => occurs(raw, spelling) || occurs(plain, spelling))) || this.#holdsByParts(role, value);
  }

  #some(holds: (text: Prepared, isAnswer: boolean) => boolean): boolean {
    return this.#sources.some(({ text, isAnswer }) => holds(this.#library.of(text), isAnswer));
  }

  #spellings(role: string, value: string): string[] {
    if (role === 'path') return pathSpellings(value, this.#places);
    return role === 'url' ? urlSpellings(value) : [value];
  }

  #holdsByParts(role: string, value: string): boolean {
    if (role === 'url') return this.#some(({ urls }) => urls.has(value) || urls.has(`${value}/`));
    const parts = role === 'recipient' ? value.split(/[,;]/).map((part) => part.trim()) : [];
    return parts.length > 1 && parts.every((part) => part !== '' && this.holds(role, part));
  }
}

/** Only a canonical address is compared with others by what it means: what reads differently to two parsers is not. */
function urlsIn(text: string): ReadonlySet<string> {
  const urls = new Set<string>();
  for (const [found] of text.matchAll(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>{}|\\^[\]]+/gi)) {
    for (const written of [found, found.replace(/[.,;:!?)*_]+$/, '')]) {
      const url = URL.parse(written);
      if (!url) continue;
      urls.add(url.href);
      if (url.username === '' && url.password === '' && url.host !== '') urls.add(url.host);
    }
  }
  return urls;
}

/** A host that somebody has named is asked securely, and for what it shows by itself. */
function urlSpellings(value: string): string[] {
  const bare = /^https:\/\/([a-z0-9.-]+(?::\d+)?(?:\/[^\s]*)?)$/.exec(value)?.[1];
  return bare === undefined ? [value] : [value, bare, ...(bare.endsWith('/') ? [bare.slice(0, -1)] : [])];
}

function pathSpellings(path: string, { cwd, root, home }: Places): string[] {
  const bases = [...new Set([cwd, root])];
  const relatives = bases.map((base) => relative(base, path)).filter((each) => each !== '' && !each.startsWith('/'));
  const fromHome = home === undefined ? '' : relative(home, path);
  const all = [path, ...relatives.flatMap((each) => [each, `./${each}`]), ...(fromHome === '' || fromHome.startsWith('..') ? [] : [`~/${fromHome}`])];
  return all.flatMap((each) => [each, `${each}/`, `@${each}`]);
}
