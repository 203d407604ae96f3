import { type SearchTerm, type Word, wordsOf } from '@toka/sdk';
import type { Passage } from '../contract.ts';
import type { Section } from './text.ts';

/** Characters of a passage. */
const WIDTH = 160;
/** Of those, so many at the most before what was found. */
const LEAD = 40;

/** Where something stands in a text, and which of the terms it is. */
interface Mark {
  readonly term: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Shows where the terms occur: a passage of each section in which one does, that with the most terms first. None at all unless every term
 * occurs somewhere.
 */
export function passagesOf(sections: readonly Section[], terms: readonly SearchTerm[]): Passage[] {
  const sequences = terms.map(({ text, prefix = false }) => ({ words: wordsOf(text).map(({ word }) => word), prefix }));
  const found = sections.map((section) => {
    const words = wordsOf(section.text);
    return { section, marks: sequences.flatMap((sequence, term) => marksOf(words, sequence, term)).toSorted((one, other) => one.start - other.start) };
  });
  const seen = new Set(found.flatMap(({ marks }) => marks.map(({ term }) => term)));
  if (seen.size < terms.length) return [];
  return found
    .filter(({ marks }) => marks.length > 0)
    .toSorted((one, other) => kinds(other.marks) - kinds(one.marks))
    .map(({ section, marks }) => passage(section, marks));
}

function marksOf(words: readonly Word[], { words: sought, prefix }: { readonly words: readonly string[]; readonly prefix: boolean }, term: number): Mark[] {
  const isAt = (at: number): boolean =>
    sought.every((word, next) => {
      const found = words[at + next]?.word;
      return prefix && next === sought.length - 1 ? found?.startsWith(word) === true : found === word;
    });
  return words.flatMap(({ start }, at) => (isAt(at) ? [{ term, start, end: words[at + sought.length - 1]?.end ?? start }] : []));
}

/** The place with most terms close together, with what stands around it. */
function passage({ field, text }: Section, marks: readonly Mark[]): Passage {
  const within = (first: Mark): Mark[] => marks.filter(({ start, end }) => start >= first.start && end <= first.start + WIDTH - LEAD);
  const best = marks.reduce((one, other) => (kinds(within(other)) > kinds(within(one)) ? other : one));
  const from = wordBoundary(text, Math.max(0, best.start - LEAD), best.start);
  const to = Math.max(from + WIDTH, best.end);
  const shown = text.slice(from, to).toWellFormed();
  const before = from > 0 ? '…' : '';
  const after = to < text.length ? '…' : '';
  const inside = marks.filter(({ start, end }) => start >= from && end <= to);
  return { field, text: before + shown + after, marks: merged(inside).map(([start, end]) => [start - from + before.length, end - from + before.length] as const) };
}

/** Terms may overlap: a phrase and one of its words. */
function merged(marks: readonly Mark[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const { start, end } of marks) {
    const last = ranges.at(-1);
    if (last && start < last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}

/** A passage does not begin within a word, if it need not. */
function wordBoundary(text: string, from: number, latest: number): number {
  if (from === 0) return 0;
  const space = text.indexOf(' ', from - 1);
  return space === -1 || space >= latest ? from : space + 1;
}

function kinds(marks: readonly Mark[]): number {
  return new Set(marks.map(({ term }) => term)).size;
}
