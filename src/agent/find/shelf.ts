import type { ModelTool } from '@toka/sdk';
import type { Tool } from '../../manifest/tool.ts';
import type { Likeness } from '../../registry/search/meaning.ts';
import { Ranking } from '../../registry/search/rank.ts';
import { toolTerms } from '../../registry/search/tool-terms.ts';
import { type Form, formOf, formsOf, summaryOf } from './definition.ts';
import { ModelNames } from './names.ts';
import { FOUND, FOUND_LIMIT, TOOL_SEARCH } from './tool-search.ts';

export { TOOL_SEARCH };

/** Bytes of definitions in a request, unless who opens the shelf says otherwise. */
export const CEILING_BYTES = 16 * 1024;
/** Bytes of them that may stand there from the start: with what else an agent says, the first request then takes no more than 8 KiB. */
const START_BYTES = 5 * 1024;

export interface ShelfOptions {
  /** Of all definitions in a request. Default `CEILING_BYTES`. */
  readonly ceilingBytes?: number;
  /** Names of tools that stand there from the start and stay, the most important first; what takes more than 5 KiB has to be found. */
  readonly pinned: readonly string[];
  /** Names of tools that were found or called before, in an earlier turn of the same conversation. */
  readonly found?: readonly string[];
}

/** A tool that a search has found. */
export interface Found {
  readonly name: string;
  readonly summary: string;
  /** How well its words fit, from 0 to 1. */
  readonly score: number;
}

/** The tools that a model is shown: all of them where they fit, otherwise a few, and those that it has searched for. */
export interface Shelf {
  /** What the next request defines. What is found later comes after, and nothing before it changes as long as there is room. */
  definitions(): readonly ModelTool[];
  /** The same, without counting as use. */
  toolNamed(name: string): Tool | undefined;
  /** The tools whose words stand in a request, or did. */
  shown(): readonly Tool[];
  /**
   * Finds tools and defines them from now on. The same questions in the same order give the same shelf.
   *
   * @param likeness How much each tool means what is asked for; without it the words alone decide.
   */
  search(query: string, limit?: number, likeness?: Likeness): readonly Found[];
  /** The tool that a model means, defined or not, by the name it has here or its qualified one. It counts as used. */
  toolOf(name: string): Tool | undefined;
  /** Takes over what is registered now: new tools can be found, changed ones are defined as they are, gone ones leave. */
  renew(tools: readonly Tool[]): void;
}

export function openShelf(tools: readonly Tool[], { ceilingBytes = CEILING_BYTES, pinned, found = [] }: ShelfOptions): Shelf {
  const shelf = new ToolShelf(ceilingBytes, pinned);
  shelf.renew(tools);
  shelf.recall(found);
  return shelf;
}

const SEARCH = formOf(TOOL_SEARCH);

class ToolShelf implements Shelf {
  readonly #ceiling: number;
  readonly #pinned: readonly string[];
  readonly #names = new ModelNames();
  /** By qualified name, as all maps here. */
  #tools: ReadonlyMap<string, Tool> = new Map();
  readonly #terms = new WeakMap<Tool, readonly string[]>();
  #ranking: Ranking<Tool> | undefined;
  /** What is defined, in the order of the request: first what stands there from the start. */
  readonly #fixed = new Map<string, Form>();
  #found = new Map<string, Form>();
  readonly #shown = new Set<string>();
  /** Which question or call, counted from 1, last had to do with it. */
  readonly #used = new Map<string, number>();
  #uses = 0;
  #isDeferring = false;

  constructor(ceiling: number, pinned: readonly string[]) {
    this.#ceiling = ceiling;
    this.#pinned = pinned;
  }

  definitions(): readonly ModelTool[] {
    const placed = [...this.#fixed.values(), ...this.#found.values()].map(({ definition }) => definition);
    return this.#isDeferring ? [SEARCH.definition, ...placed] : placed;
  }

  toolNamed(name: string): Tool | undefined {
    return this.#named(name);
  }

  shown(): readonly Tool[] {
    for (const qualified of [...this.#fixed.keys(), ...this.#found.keys()]) this.#shown.add(qualified);
    return [...this.#shown].flatMap((qualified) => this.#tools.get(qualified) ?? []);
  }

  search(query: string, limit = FOUND, likeness?: Likeness): readonly Found[] {
    const most = Math.min(Math.max(1, Math.trunc(limit)), FOUND_LIMIT);
    this.#ranking ??= new Ranking(Array.from(this.#tools.values(), (tool) => ({ item: tool, terms: this.#termsOf(tool) })));
    const named = this.#named(query.trim());
    const ranked = this.#ranking.search(query, most, likeness && (({ qualified }) => likeness.get(qualified) ?? 0)).filter(({ item }) => item !== named);
    const best = [...(named ? [{ item: named, score: 1 }] : []), ...ranked].slice(0, most);
    this.#put(best.map(({ item }) => item.qualified));
    return best
      .filter(({ item }) => this.#isDefined(item.qualified))
      .map(({ item, score }) => ({ name: this.#names.of(item), summary: summaryOf(item), score: Math.round(score * 1000) / 1000 }));
  }

  toolOf(name: string): Tool | undefined {
    const tool = this.#named(name);
    if (tool) this.#used.set(tool.qualified, ++this.#uses);
    return tool;
  }

  renew(tools: readonly Tool[]): void {
    if (tools.length === this.#tools.size && tools.every((tool) => this.#tools.get(tool.qualified) === tool)) return;
    const sorted = tools.toSorted((one, other) => (one.qualified < other.qualified ? -1 : 1));
    this.#tools = new Map(sorted.map((tool) => [tool.qualified, tool]));
    this.#names.give(sorted);
    this.#ranking = undefined;
    const defined = [...this.#fixed.keys(), ...this.#found.keys()];
    this.#fix();
    this.#found.clear();
    for (const qualified of defined) this.#define(qualified, new Set());
  }

  recall(names: readonly string[]): void {
    this.#put(names.flatMap((name) => this.#named(name)?.qualified ?? []));
  }

  /** Defines these as well; one that finds no room, even when all others have left, stays away. */
  #put(found: readonly string[]): void {
    const wanted = new Set(found);
    this.#uses += 1;
    for (const qualified of wanted) {
      this.#used.set(qualified, this.#uses);
      this.#define(qualified, wanted);
    }
  }

  #isDefined(qualified: string): boolean {
    return this.#fixed.has(qualified) || this.#found.has(qualified);
  }

  #named(name: string): Tool | undefined {
    return this.#tools.get(this.#names.qualifiedOf(name) ?? name.replace('__', '/'));
  }

  #termsOf(tool: Tool): readonly string[] {
    const terms = this.#terms.get(tool) ?? toolTerms(tool);
    this.#terms.set(tool, terms);
    return terms;
  }

  /** Once not every tool fits, that stays so: to define them all again would change the beginning of the request twice. */
  #fix(): void {
    const before = [...this.#fixed.keys()];
    const most = Math.min(START_BYTES, this.#ceiling);
    if (!this.#isDeferring) this.#isDeferring = !this.#fitAll([...before, ...this.#tools.keys()], most);
    if (!this.#isDeferring || this.#fitAll([...before, ...this.#pinned], most)) return;
    // What explains parameters costs more than another tool is worth that need not be searched for.
    this.#fitAll([...before, ...this.#pinned], most, true);
  }

  /** Lets those of them stand there from the start that fit with their parameters, bare or as whole as they fit; says whether all do. */
  #fitAll(wanted: readonly string[], most: number, isBare = false): boolean {
    this.#fixed.clear();
    const tools = [...new Set(wanted.flatMap((name) => this.#named(name) ?? []))];
    const fits = (tool: Tool): boolean => {
      const form = this.#form(tool, most - this.#startBytes(), isBare);
      const isFit = form !== undefined && !form.isOpaque;
      if (isFit) this.#fixed.set(tool.qualified, form);
      return isFit;
    };
    return this.#isDeferring ? tools.filter(fits).length === tools.length : tools.every(fits);
  }

  #define(qualified: string, staying: ReadonlySet<string>): void {
    const tool = this.#tools.get(qualified);
    if (!tool || this.#isDefined(qualified)) return;
    const room = this.#ceiling - this.#startBytes();
    const form = this.#form(tool, room);
    if (form && this.#makeRoom(room - form.bytes, staying)) this.#found.set(qualified, form);
  }

  /** Lets those leave that were not used for longest, until what is found takes no more than so many bytes; none, if that cannot be. */
  #makeRoom(most: number, staying: ReadonlySet<string>): boolean {
    const lastUse = (qualified: string): number => this.#used.get(qualified) ?? 0;
    const mayLeave = [...this.#found.keys()].filter((qualified) => !staying.has(qualified)).toSorted((one, other) => lastUse(one) - lastUse(other));
    const left = new Map(this.#found);
    for (const qualified of mayLeave) if (bytesOf(left) > most) left.delete(qualified);
    if (bytesOf(left) > most) return false;
    this.#found = left;
    return true;
  }

  /** The best form that takes no more than so many bytes. */
  #form(tool: Tool, most: number, isBare = false): (Form & { readonly isOpaque: boolean }) | undefined {
    const [whole, ...bare] = formsOf(tool, this.#names.of(tool));
    return [...(whole && !isBare ? [whole] : []), ...bare].find(({ bytes }) => bytes <= most);
  }

  #startBytes(): number {
    return (this.#isDeferring ? SEARCH.bytes : 0) + bytesOf(this.#fixed);
  }
}

function bytesOf(forms: ReadonlyMap<string, Form>): number {
  return [...forms.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
