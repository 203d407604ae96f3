import type { JsonObject, JsonSchema, JsonValue, ModelTool } from '@toka/sdk';
import { termsOf } from '../../registry/search/terms.ts';
import { choicesOf, escaped, fits, kindOf, spaced, valueOf } from './kinds.ts';
import { type Literal, literalsIn } from './literals.ts';
import { type Parameter, parametersOf, termsOfTool } from './parameters.ts';

/** A call of a tool, made before. */
export interface Done {
  readonly name: string;
  readonly params: JsonObject;
  readonly output: JsonValue;
  readonly isError: boolean;
}

/** A parameter that has to be asked for. */
export interface Missing {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

export interface Filling {
  readonly params: JsonObject;
  readonly missing: readonly Missing[];
  /** Values that stand in the order and went nowhere: it was not understood. */
  readonly unused: readonly string[];
}

export interface FillOptions {
  /** YYYY-MM-DD. */
  readonly today?: string | undefined;
  /** What `it` may mean, the last first. */
  readonly earlier: readonly Done[];
  /** Whether only what is said with its name, or can mean nothing else, is taken. */
  readonly isStrict: boolean;
}

/** Fills the parameters of a tool with what stands in an order. What is required and does not stand there is missing. */
export function fill(clause: string, tool: ModelTool, options: FillOptions): Filling {
  const work = new Slots(clause, tool, options);
  work.takeNamed();
  work.takeChoices();
  work.takeBeside();
  work.takeTyped();
  work.takeOnly();
  if (!options.isStrict) {
    work.takeQuoted();
    work.takeFolder();
    work.takeEarlier();
    work.takeRest();
  }
  work.takeSwitches();
  return work.result();
}

/** Words that point at what was before. */
const POINTING = /\b(?:it|its|that|this|them|those|these|they|the (?:same|result|results|output|file|folder|page|text|answer))\b/i;
/** Whether an order speaks of what came before it. */
export function isPointing(clause: string): boolean {
  return POINTING.test(clause);
}

/** Between a name and its value. */
const BETWEEN = String.raw`\s*(?:of|is|are|=|:|to|at|named|called|about)?\s+(?:the\s+)?`;
const SMALL = new Set('a an the of in on at to by for from with into onto and or as is are all any some this that it its than then over under about between up down out'.split(' '));

class Slots {
  readonly #clause: string;
  readonly #options: FillOptions;
  readonly #parameters: readonly Parameter[];
  readonly #params: JsonObject = {};
  /** What the tool speaks of. */
  readonly #known: ReadonlySet<string>;
  #literals: readonly Literal[];
  /** Places of the clause that are used up. */
  readonly #taken: { readonly start: number; readonly end: number }[] = [];

  constructor(clause: string, tool: ModelTool, options: FillOptions) {
    this.#clause = clause;
    this.#options = options;
    this.#parameters = parametersOf(tool);
    this.#known = new Set(termsOfTool(tool));
    this.#literals = literalsIn(clause, options.today);
    for (const name of [tool.name, tool.name.split('__').at(-1) ?? '']) this.#cover(name);
  }

  result(): Filling {
    const missing = this.#open().filter(({ isRequired, schema }) => isRequired && schema['default'] === undefined);
    return {
      params: this.#params,
      missing: missing.map(({ description, name, schema }) => ({ name, description, schema: schema as JsonObject })),
      // A number in letters may be a word like any other.
      unused: this.#literals.map(({ start, end }) => this.#clause.slice(start, end)).filter((text) => !/^[a-z]+$/i.test(text)),
    };
  }

  /** `path=notes.txt`, `--limit 5` */
  takeNamed(): void {
    for (const literal of this.#literals.filter(({ kind }) => kind === 'named')) {
      const parameter = this.#open().find(({ name }) => spaced(name) === spaced(literal.name ?? ''));
      if (parameter) this.#set(parameter, this.#meant(parameter, literal.value), literal);
    }
  }

  /** One of the words that are allowed; where none need be given, only with the name beside it. */
  takeChoices(): void {
    for (const parameter of this.#open().filter(({ name, schema }) => kindOf(name, schema) === 'choice')) {
      const isMeant = parameter.isRequired || new RegExp(`\\b${escaped(spaced(parameter.name))}\\b|\\bas\\s`, 'i').test(this.#clause);
      if (!isMeant) continue;
      const said = choicesOf(parameter.schema).flatMap((each) => {
        const word = String(each);
        const place = word.length < 2 ? -1 : this.#clause.search(new RegExp(`(?<![\\w-])${escaped(word)}(?![\\w-])`, 'i'));
        return place === -1 ? [] : [{ word, start: place, end: place + word.length }];
      });
      const [only] = said;
      if (only && said.length === 1) this.#set(parameter, only.word, only);
    }
  }

  /** A value beside the name of the parameter: `base of 10`, `service nginx`. */
  takeBeside(): void {
    for (const parameter of this.#open()) {
      const kind = kindOf(parameter.name, parameter.schema);
      const names = spaced(parameter.name);
      const name = `\\b(?:${[names, names.split(' ').at(-1) ?? names].map(escaped).join('|')})s?`;
      if (kind === 'number') this.#takeNumberBeside(parameter, name);
      else if (kind === 'text' && names.length > 2) this.#takeWordBeside(parameter, name);
    }
  }

  /** What can only be meant for one parameter, by its kind. */
  takeTyped(): void {
    this.#takeLists(true);
    for (const isRequired of [true, false]) {
      for (const kind of ['url', 'email', 'path', 'host', 'date', 'number'] as const) {
        const open = this.#open().filter((each) => each.isRequired === isRequired && kindOf(each.name, each.schema) === kind);
        const literals = this.#literals.filter((literal) => literal.kind !== 'quoted' && fits(kind, literal));
        // Numbers and dates mean what stands beside them: to take some of them is to guess.
        if ((kind === 'number' || kind === 'date') && (!isRequired || literals.length !== open.length)) continue;
        if (this.#options.isStrict && literals.length !== open.length) continue;
        open.forEach((parameter, at) => {
          const literal = literals[at];
          if (literal && (isRequired || at === 0)) this.#set(parameter, literal.value, literal);
        });
      }
    }
    if (!this.#options.isStrict) this.#takeLists(false);
  }

  takeQuoted(): void {
    for (const parameter of this.#open().filter(({ isRequired }) => isRequired)) {
      const kind = kindOf(parameter.name, parameter.schema);
      const literal = this.#literals.find((each) => each.kind === 'quoted' && fits(kind, each));
      if (literal) this.#set(parameter, literal.value, literal);
    }
  }

  /** All that is said beside the name of the tool, for all that it needs: `checksum notes`. */
  takeOnly(): void {
    const [parameter, ...others] = this.#open().filter(({ isRequired, schema }) => isRequired && schema['default'] === undefined);
    const words = Array.from(this.#clause.matchAll(/\S+/g), ({ 0: word, index }) => ({ word, start: index, end: index + word.length }));
    const [name, value, ...more] = /^(?:run|call|use|invoke)$/i.test(words[0]?.word ?? '') ? words.slice(1) : words;
    if (parameter && others.length === 0 && name && value && more.length === 0 && this.#isTaken(name)) this.#set(parameter, value.word.replace(/^(["'`])(.*)\1$/, '$2'), value);
  }

  /** `in src`, `of the docs folder` */
  takeFolder(): void {
    const parameter = this.#open().find(({ name, schema }) => kindOf(name, schema) === 'path');
    const found = /\b(?:in|of|from|under|inside|within)\s+(?:the\s+)?(?:(?:folder|directory|file)\s+)?(?<value>[\w-]+)(?:\s+(?:folder|directory))?\s*$/i.exec(this.#clause);
    const value = found?.groups?.['value'];
    if (!parameter || !found || value === undefined || isPointing(found[0]) || SMALL.has(value.toLowerCase()) || termsOf(value).every((term) => this.#known.has(term))) return;
    const start = found.index + found[0].lastIndexOf(value);
    this.#set(parameter, value, { start, end: start + value.length });
  }

  /** What was given to, or came of, an earlier call, where the order points at it. */
  takeEarlier(): void {
    if (!isPointing(this.#clause)) return;
    for (const parameter of this.#open().filter(({ isRequired }) => isRequired)) {
      const value = this.#options.earlier.filter(({ isError }) => !isError).map((done) => fromEarlier(parameter, done)).find((each) => each !== undefined);
      if (value !== undefined) this.#params[parameter.name] = value;
    }
  }

  /** The only words that say nothing about the tool, for the only text that is missing. */
  takeRest(): void {
    const open = this.#open().filter(({ isRequired, schema }) => isRequired && schema['default'] === undefined);
    const [parameter] = open;
    if (!parameter || open.length > 1 || !['text', 'host'].includes(kindOf(parameter.name, parameter.schema))) return;
    const words = Array.from(this.#clause.matchAll(/[^\s,;:!?"“”()]+/g), ({ 0: word, index }) => ({ start: index, end: index + word.replace(/[.']+$/, '').length, word }));
    const isKnown = (word: string): boolean => {
      const terms = termsOf(word);
      return SMALL.has(word.toLowerCase()) || terms.every((term) => this.#known.has(term));
    };
    const strange = words.map((each, at) => ({ ...each, at })).filter(({ word, ...place }, at) => at > 0 && !isKnown(word) && !this.#isTaken(place));
    const [first, last] = [strange[0], strange.at(-1)];
    if (first && last && last.at - first.at === strange.length - 1 && strange.length <= 4) this.#set(parameter, this.#clause.slice(first.start, last.end), { start: first.start, end: last.end });
  }

  /** `--hidden`, `with hidden files`, `without hidden files` */
  takeSwitches(): void {
    for (const parameter of this.#open().filter(({ name, schema }) => kindOf(name, schema) === 'switch')) {
      const said = new RegExp(`(?:--|\\b(?<word>no|without|with|only|including|include)\\s+)${escaped(spaced(parameter.name)).replaceAll(' ', '[ -]')}\\b`, 'i').exec(this.#clause);
      if (said) this.#params[parameter.name] = !/^(?:no|without)$/i.test(said.groups?.['word'] ?? '');
    }
  }

  /** `tomorrow` is a date where one is wanted. */
  #meant({ name, schema }: Parameter, value: string): string {
    return (kindOf(name, schema) === 'date' && literalsIn(value, this.#options.today).find(({ kind }) => kind === 'date')?.value) || value;
  }

  #takeNumberBeside(parameter: Parameter, name: string): void {
    for (const literal of this.#literals.filter(({ kind }) => kind === 'number')) {
      const before = new RegExp(`${name}${BETWEEN}$|${name}\\s*(?:=|:)\\s*$`, 'i').test(this.#clause.slice(0, literal.start));
      const after = new RegExp(`^\\s*-?${name}\\b`, 'i').test(this.#clause.slice(literal.end));
      if ((before || after) && this.#set(parameter, literal.value, literal)) return;
    }
  }

  #takeWordBeside(parameter: Parameter, name: string): void {
    const after = new RegExp(`${name}\\b${BETWEEN}(?<value>["“\`']?[^\\s,;]+)`, 'i').exec(this.#clause);
    const before = new RegExp(`\\bthe\\s+(?<value>[\\w.@/-]+)\\s+${name}\\b`, 'i').exec(this.#clause);
    for (const found of [after, before]) {
      const value = found?.groups?.['value'];
      if (!found || value === undefined) continue;
      const start = found.index + found[0].lastIndexOf(value);
      const quoted = this.#literals.find((literal) => literal.kind === 'quoted' && literal.start === start);
      const word = value.replace(/[.!?]+$/, '');
      const place = { start, end: start + word.length };
      // What need not be given is not taken to be what looks like something else.
      const isFree = this.#isWord(word) && (parameter.isRequired || !this.#literals.some((literal) => literal.kind !== 'number' && literal.start < place.end && literal.end > start));
      if (quoted ? this.#set(parameter, quoted.value, quoted) : isFree && this.#set(parameter, word, place)) return;
    }
  }

  #isWord(text: string): boolean {
    return /[\p{L}\p{N}]/u.test(text) && !SMALL.has(text.toLowerCase()) && !this.#parameters.some(({ name }) => spaced(name).split(' ').includes(text.toLowerCase()));
  }

  #takeLists(areRequired: boolean): void {
    for (const parameter of this.#open().filter(({ isRequired, schema, name }) => isRequired === areRequired && kindOf(name, schema) === 'list')) {
      const items = (parameter.schema['items'] ?? {}) as JsonSchema;
      const kind = kindOf(parameter.name, { ...items, description: parameter.schema['description'] });
      // What need not be given takes only what can be nothing else.
      const found = this.#literals.filter((literal) => (areRequired ? fits(kind, literal) || (kind === 'text' && literal.kind === 'path') : literal.kind === kind));
      const values = found.map(({ value }) => valueOf(value, items)).filter((value) => value !== undefined);
      if (values.length === 0) continue;
      this.#params[parameter.name] = values;
      for (const literal of found) this.#take(literal);
    }
  }

  #set({ name, schema }: Parameter, text: string, place: { readonly start: number; readonly end: number }): boolean {
    const value = this.#isTaken(place) ? undefined : valueOf(text, schema);
    if (value === undefined) return false;
    this.#params[name] = value;
    this.#take(place);
    return true;
  }

  #take(place: { readonly start: number; readonly end: number }): void {
    this.#taken.push(place);
    this.#literals = this.#literals.filter((literal) => literal.end <= place.start || literal.start >= place.end);
  }

  #cover(text: string): void {
    const start = text === '' ? -1 : this.#clause.toLowerCase().indexOf(text.toLowerCase());
    if (start !== -1) this.#take({ start, end: start + text.length });
  }

  #isTaken({ start, end }: { readonly start: number; readonly end: number }): boolean {
    return this.#taken.some((place) => start < place.end && end > place.start);
  }

  #open(): Parameter[] {
    return this.#parameters.filter(({ name }) => !Object.hasOwn(this.#params, name));
  }
}

function fromEarlier({ name, schema }: Parameter, { output, params }: Done): JsonValue | undefined {
  const kind = kindOf(name, schema);
  const ofType = (value: JsonValue | undefined): JsonValue | undefined => (value !== undefined && typeof value === (schema['type'] === 'integer' ? 'number' : schema['type']) ? value : undefined);
  const named = (object: JsonValue): JsonValue | undefined => (typeof object === 'object' && object !== null && !Array.isArray(object) ? ofType(Object.entries(object).find(([key]) => spaced(key) === spaced(name))?.[1]) : undefined);
  const alike = named(output) ?? named(params);
  if (alike !== undefined) return alike;
  const given = Object.entries(params).find(([key, value]) => typeof value === 'string' && kind !== 'text' && kindOf(key, { type: 'string' }) === kind)?.[1];
  if (given !== undefined) return ofType(given);
  return kind === 'text' || kind === 'number' ? ofType(output) : undefined;
}
