import type { ModelRequest } from '@toka/sdk';

/** What services take as the name of a tool; longer ones are cut. */
const OTHERS = /[^A-Za-z0-9_-]+/g;
const MOST = 64;

/** Names of tools, as services take them, and back. */
export class Names {
  readonly #wire = new Map<string, string>();
  readonly #own = new Map<string, string>();

  constructor({ tools = [] }: Pick<ModelRequest, 'tools'>) {
    for (const { name } of tools) this.toWire(name);
  }

  toWire(name: string): string {
    const known = this.#wire.get(name);
    if (known !== undefined) return known;
    const plain = name.replaceAll(OTHERS, '_').replace(/^(?=[^A-Za-z_]|$)/, '_').slice(0, MOST);
    let wire = plain;
    for (let next = 2; this.#own.has(wire); next += 1) wire = `${plain.slice(0, MOST - 4)}_${next}`;
    this.#wire.set(name, wire);
    this.#own.set(wire, name);
    return wire;
  }

  /** A name that nobody gave stays as it is. */
  toOwn(wire: string): string {
    return this.#own.get(wire) ?? wire;
  }
}
