import { termsOf } from './terms.ts';

/** How soon another occurrence of a term stops to count. */
const SATURATION = 1.5;
/** How much the length of a text takes from what its terms count: 0 nothing, 1 all. */
const LENGTH_SHARE = 0.6;
/** What meaning counts beside words, of both together. */
const MEANING_SHARE = 0.64;
/** Letters of a beginning that may stand for the whole word. */
const PREFIX_LENGTH = 3;

/** Something that can be found, with the terms that it is found by; one that counts more stands there more often. */
export interface Entry<T> {
  readonly item: T;
  readonly terms: readonly string[];
}

/** `score`: the part of what would be a perfect match of all words, from 0 to 1. */
export interface Ranked<T> {
  readonly item: T;
  readonly score: number;
}

/** All that is searched, where only a part of it is at hand: the part must then hold every entry with a term that is asked for. */
export interface Whole {
  readonly entries: number;
  /** Of all of them. */
  readonly terms: number;
}

interface Posting {
  /** Place of the entry. */
  readonly at: number;
  readonly count: number;
}

/** Ranks entries by BM25. A term that no entry has counts as the beginning of those that begin with it. */
export class Ranking<T> {
  readonly #entries: readonly Entry<T>[];
  readonly #postings = new Map<string, Posting[]>();
  readonly #count: number;
  /** What the length of each takes from what its terms count. */
  readonly #lengths: Float64Array;

  constructor(entries: readonly Entry<T>[], whole: Whole = { entries: entries.length, terms: entries.reduce((sum, { terms }) => sum + terms.length, 0) }) {
    this.#entries = entries;
    this.#count = whole.entries;
    const average = whole.terms / Math.max(1, whole.entries);
    this.#lengths = Float64Array.from(entries, ({ terms }) => SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * terms.length) / average));
    entries.forEach(({ terms }, at) => {
      for (const [term, count] of countsOf(terms)) {
        const postings = this.#postings.get(term);
        if (postings) postings.push({ at, count });
        else this.#postings.set(term, [{ at, count }]);
      }
    });
  }

  /**
   * The best first; of equal ones, that which was given first.
   *
   * @param alike How much an item means what is asked for, up to 1. Default: the words alone decide.
   */
  search(query: string, limit: number, alike?: (item: T) => number): Ranked<T>[] {
    const scores = new Float64Array(this.#entries.length);
    let perfect = 0;
    for (const term of new Set(termsOf(query))) {
      const postings = this.#postings.get(term) ?? this.#beginningWith(term);
      const weight = Math.log(1 + (this.#count - postings.length + 0.5) / (postings.length + 0.5));
      perfect += weight * (SATURATION + 1);
      for (const { at, count } of postings) scores[at] = (scores[at] ?? 0) + weight * this.#saturated(count, at);
    }
    const order = alike ? mixed(scores, Float64Array.from(this.#entries, ({ item }) => Math.max(0, alike(item)))) : scores;
    return bestOf(order, limit).flatMap((at) => {
      const entry = this.#entries[at];
      return entry ? [{ item: entry.item, score: perfect === 0 ? 0 : (scores[at] ?? 0) / perfect }] : [];
    });
  }

  #beginningWith(beginning: string): Posting[] {
    if (beginning.length < PREFIX_LENGTH) return [];
    const counts = new Map<number, number>();
    for (const [term, postings] of this.#postings) {
      if (term.startsWith(beginning)) for (const { at, count } of postings) counts.set(at, (counts.get(at) ?? 0) + count);
    }
    return Array.from(counts, ([at, count]) => ({ at, count }));
  }

  #saturated(count: number, at: number): number {
    return (count * (SATURATION + 1)) / (count + (this.#lengths[at] ?? 0));
  }
}

function countsOf(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/** Both in the measure of how far they differ among all. */
function mixed(words: Float64Array, meanings: Float64Array): Float64Array {
  const [wordUnit, meaningUnit] = [deviationOf(words), deviationOf(meanings)];
  return words.map((word, at) => ((1 - MEANING_SHARE) * word) / wordUnit + (MEANING_SHARE * (meanings[at] ?? 0)) / meaningUnit);
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
}

/** The places of the highest scores above 0: a list is short, so that putting each in its place is quicker than sorting all. */
function bestOf(scores: Float64Array, limit: number): number[] {
  const best: number[] = [];
  const scoreAt = (at: number | undefined): number => (at === undefined ? 0 : (scores[at] ?? 0));
  for (let at = 0; at < scores.length; at++) {
    if (scoreAt(at) <= (best.length < limit ? 0 : scoreAt(best.at(-1)))) continue;
    let place = best.length;
    while (place > 0 && scoreAt(best[place - 1]) < scoreAt(at)) place--;
    best.splice(place, 0, at);
    if (best.length > limit) best.pop();
  }
  return best;
}
