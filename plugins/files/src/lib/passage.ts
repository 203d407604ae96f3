import { distance } from 'fastest-levenshtein';

/** The passage of a text that is most like one that was looked for in vain. */
export interface Passage {
  /** From 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly excerpt: string;
  readonly differsOnlyInSpace: boolean;
}

const MAX_LINES = 200_000;
const MAX_LINE_LENGTH = 400;
const EXCERPT_LINES = 12;

/**
 * Finds the window of as many lines as `find` has that resembles it most: by lines that are equal but for blank space, and where no
 * line is, by the edit distance of its longest line.
 *
 * @returns The window; `undefined` where nothing is alike.
 */
export function nearestPassage(text: string, find: string): Passage | undefined {
  const lines = text.split('\n').slice(0, MAX_LINES);
  const wanted = find.replace(/\n+$/, '').split('\n');
  const start = bestByEqualLines(lines, wanted) ?? bestByDistance(lines, wanted);
  if (start === undefined) return undefined;
  const first = Math.max(0, Math.min(start, lines.length - wanted.length));
  const window = lines.slice(first, first + wanted.length);
  const shown = window
    .slice(0, EXCERPT_LINES)
    .map((line, index) => `${String(first + index + 1).padStart(6)}\t${line.slice(0, MAX_LINE_LENGTH)}`);
  return {
    firstLine: first + 1,
    lastLine: first + window.length,
    excerpt: shown.join('\n'),
    differsOnlyInSpace: squeeze(window.join(' ')) === squeeze(wanted.join(' ')),
  };
}

function bestByEqualLines(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const places = new Map<string, number[]>();
  for (const [index, line] of wanted.entries()) {
    const key = squeeze(line);
    if (key !== '') places.set(key, [...(places.get(key) ?? []), index]);
  }
  const votes = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    for (const place of places.get(squeeze(line)) ?? []) votes.set(index - place, (votes.get(index - place) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [start, count] of votes) if (best === undefined || count > (votes.get(best) ?? 0)) best = start;
  return best;
}

function bestByDistance(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const place = wanted.reduce((longest, line, index) => (line.length > (wanted[longest] ?? '').length ? index : longest), 0);
  const key = squeeze(wanted[place] ?? '').slice(0, MAX_LINE_LENGTH);
  if (key === '') return undefined;
  let best: number | undefined;
  // More than half of the line must be alike to be worth showing.
  let bestDistance = Math.ceil(key.length / 2);
  for (const [index, line] of lines.entries()) {
    const candidate = squeeze(line).slice(0, MAX_LINE_LENGTH);
    if (Math.abs(candidate.length - key.length) >= bestDistance) continue;
    const found = distance(key, candidate);
    if (found >= bestDistance) continue;
    bestDistance = found;
    best = index;
  }
  return best === undefined ? undefined : best - place;
}

function squeeze(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}
