import type { Host } from './host.ts';
import { parseJson, quote } from './json.ts';

type Parts = Readonly<Record<'href' | 'origin' | (typeof CHANGEABLE)[number], string>>;

const CHANGEABLE = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;

/** URLs are read by Node.js outside of the isolate: only their texts go in and out. */
export function makeUrls(host: Host): Readonly<Record<'URL' | 'URLSearchParams', unknown>> {
  const ask = (question: unknown) => parseJson(host.url(quote(question)));
  class URLSearchParams {
    #entries: [string, string][];
    readonly #changed: (text: string) => void;

    constructor(init: unknown = '', changed: (text: string) => void = () => {}) {
      this.#entries = typeof init === 'string' ? (ask({ query: init }) as [string, string][]) : pairsOf(init);
      this.#changed = changed;
    }

    get size(): number {
      return this.#entries.length;
    }

    get(name: string): string | null {
      return this.#entries.find(([each]) => each === name)?.[1] ?? null;
    }

    getAll(name: string): string[] {
      return this.#entries.filter(([each]) => each === name).map(([, value]) => value);
    }

    has(name: string): boolean {
      return this.#entries.some(([each]) => each === name);
    }

    append(name: unknown, value: unknown): void {
      this.#change([...this.#entries, [String(name), String(value)]]);
    }

    delete(name: string): void {
      this.#change(this.#entries.filter(([each]) => each !== name));
    }

    set(name: string, value: unknown): void {
      const at = this.#entries.findIndex(([each]) => each === name);
      if (at === -1) this.append(name, value);
      else this.#change(this.#entries.flatMap((entry, index): [string, string][] => (index === at ? [[name, String(value)]] : entry[0] === name ? [] : [entry])));
    }

    sort(): void {
      this.#change(this.#entries.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
    }

    forEach(callback: (value: string, name: string) => void): void {
      for (const [name, value] of this.#entries) callback(value, name);
    }

    keys = () => this.#entries.map(([name]) => name).values();
    values = () => this.#entries.map(([, value]) => value).values();
    entries = () => this.#entries.map(([name, value]): [string, string] => [name, value]).values();

    [Symbol.iterator]() {
      return this.entries();
    }

    toString(): string {
      return ask({ entries: this.#entries }) as string;
    }

    #change(entries: [string, string][]): void {
      this.#entries = entries;
      this.#changed(this.toString());
    }
  }

  class URL {
    #parts: Parts;

    constructor(url: string, base?: string) {
      const parts = ask({ url, base }) as Parts | null;
      if (parts === null) throw new TypeError(`Invalid URL: ${url}`);
      this.#parts = parts;
      for (const name of CHANGEABLE) {
        const get = () => this.#parts[name];
        const set = (value: unknown) => {
          this.#change(name, String(value));
        };
        Object.defineProperty(this, name, { enumerable: true, get, set });
      }
    }

    static canParse(url: string, base?: string): boolean {
      return URL.parse(url, base) !== null;
    }

    static parse(url: string, base?: string): URL | null {
      try {
        return new URL(url, base);
      } catch {
        return null;
      }
    }

    get href(): string {
      return this.#parts.href;
    }

    get origin(): string {
      return this.#parts.origin;
    }

    get searchParams(): URLSearchParams {
      return new URLSearchParams(this.#parts.search, (text) => this.#change('search', text));
    }

    toString(): string {
      return this.#parts.href;
    }

    toJSON(): string {
      return this.#parts.href;
    }

    #change(name: string, value: string): void {
      this.#parts = ask({ url: this.#parts.href, name, value }) as Parts;
    }
  }

  return { URL, URLSearchParams };
}

function pairsOf(init: unknown): [string, string][] {
  const pairs = Symbol.iterator in (init as object) ? [...(init as Iterable<readonly unknown[]>)] : Object.entries(init as object);
  return pairs.map(([name, value]) => [String(name), String(value)]);
}
