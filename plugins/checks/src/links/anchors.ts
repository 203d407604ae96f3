import path from 'node:path';
import { isCoded, type ToolContext } from '@toka/sdk';
import { decode, Lines } from '../documents/text.ts';
import { maxBytes } from '../documents/each.ts';
import { extract } from './extract.ts';
import { htmlExtensions, markdownExtensions } from './model.ts';

type Known = ReadonlySet<string> | undefined;

/** The anchors of documents, each read at most once, and only when an anchor of it is asked for. */
export class Anchors {
  readonly #ctx: ToolContext;
  readonly #known = new Map<string, Promise<Known>>();
  readonly #lines = new Map<string, Promise<number | undefined>>();

  constructor(ctx: ToolContext) {
    this.#ctx = ctx;
  }

  /** Takes over the anchors of a document that was parsed anyway. */
  add(file: string, anchors: ReadonlySet<string>): void {
    this.#known.set(file, Promise.resolve(anchors));
  }

  /**
   * The anchors of a document, or of the README or index of a folder; `undefined` where they can't be told: another kind of file, an
   * unreadable one.
   */
  of(target: string, type: 'directory' | 'file'): Promise<Known> {
    let found = this.#known.get(target);
    if (found === undefined) {
      found = type === 'directory' ? this.#ofFolder(target) : this.#ofFile(target);
      this.#known.set(target, found);
    }
    return found;
  }

  /** How many lines a file has; `undefined` where it can't be read as text. */
  lines(file: string): Promise<number | undefined> {
    let found = this.#lines.get(file);
    if (found === undefined) {
      found = this.#count(file);
      this.#lines.set(file, found);
    }
    return found;
  }

  async #ofFolder(folder: string): Promise<Known> {
    const names = (await this.#ctx.fs.list(folder)).map((entry) => entry.name);
    const main =
      names.find((name) => /^readme\.(?:md|markdown|mdx)$/i.test(name)) ?? names.find((name) => /^index\.(?:md|mdx|html?)$/i.test(name));
    if (main === undefined) return new Set();
    return new Set([...((await this.of(path.join(folder, main), 'file')) ?? []), 'readme']);
  }

  async #ofFile(file: string): Promise<Known> {
    if (![...markdownExtensions, ...htmlExtensions].includes(path.extname(file).toLowerCase())) return undefined;
    const text = await this.#text(file);
    return text === undefined ? undefined : (await extract(text, file))?.anchors;
  }

  async #count(file: string): Promise<number | undefined> {
    const text = await this.#text(file);
    return text === undefined ? undefined : new Lines(text.replace(/\r?\n$/, '')).starts.length;
  }

  async #text(file: string): Promise<string | undefined> {
    try {
      return decode(await this.#ctx.fs.read(file, { maxBytes }))?.text;
    } catch (error) {
      if (isCoded(error)) return undefined;
      throw error;
    }
  }
}
