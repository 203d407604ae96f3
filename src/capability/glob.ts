import { TokaError } from '../errors.ts';

/**
 * The glob language of scopes: `?` one character but `/`, `*` any run without `/`, `**` anything, `\` makes the next character plain.
 * A folder followed by `/` and `**` stands for the folder itself and everything below it; `**` between two slashes also for no folder at all.
 */
type Token = { readonly kind: 'char'; readonly char: string } | { readonly kind: 'one' | 'star' | 'globstar' | 'below' | 'between' };

const MAX_LENGTH = 1024;
const MAX_WILDCARDS = 32;
const MAX_STEPS = 20_000;

export interface Glob {
  readonly tokens: readonly Token[];
  /** The text before the first wildcard, unescaped. */
  readonly prefix: string;
  /** Whether the glob is one plain string. */
  readonly literal: boolean;
  /** Whether the glob is exactly `text*`. */
  readonly isStart: boolean;
  /** Set where the glob is exactly `dir/**`. */
  readonly tree?: string;
}

const cache = new Map<string, Glob>();

/**
 * Compiles a glob.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID if it is longer than 1,024 characters or has more than 32 wildcards.
 */
export function glob(text: string): Glob {
  const known = cache.get(text);
  if (known) return known;
  if (text.length > MAX_LENGTH) throw invalid(`a scope has at most ${MAX_LENGTH} characters, found ${text.length}`);
  const tokens = tokenize(text);
  const wild = tokens.filter((token) => token.kind !== 'char').length;
  if (wild > MAX_WILDCARDS) throw invalid(`a scope has at most ${MAX_WILDCARDS} wildcards, found ${wild}`);
  const firstWild = tokens.findIndex((token) => token.kind !== 'char');
  const plain = firstWild === -1 ? tokens : tokens.slice(0, firstWild);
  const prefix = plain.map((token) => (token.kind === 'char' ? token.char : '')).join('');
  const last = firstWild === tokens.length - 1 ? tokens[firstWild]?.kind : undefined;
  const isTree = last === 'below';
  const compiled: Glob = { tokens, prefix, literal: firstWild === -1, isStart: last === 'star', ...(isTree ? { tree: prefix } : {}) };
  if (cache.size > 5000) cache.clear();
  cache.set(text, compiled);
  return compiled;
}

/** Escapes a plain string, so that as a glob it matches itself only. */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?]/g, String.raw`\$&`);
}

/** Whether a plain string is in the language of the glob. */
export function matches(pattern: Glob, text: string): boolean {
  if (pattern.literal) return text === pattern.prefix;
  if (pattern.tree !== undefined) return isBelow(text, pattern.tree);
  if (!text.startsWith(pattern.prefix)) return false;
  if (pattern.isStart) return !text.includes('/', pattern.prefix.length);
  let states = start(pattern);
  for (let at = 0; at < text.length; at++) {
    states = step(pattern, states, text.charAt(at));
    if (states.length === 0) return false;
  }
  return accepts(pattern, states);
}

/**
 * Whether every string of `a` is a string of `b`: exact, by running both automata over the characters that either can tell apart.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID if that takes more than 20,000 steps, which only patterns made for it do.
 */
export function isSubset(a: Glob, b: Glob): boolean {
  if (a.literal) return matches(b, a.prefix);
  if (a.tree !== undefined && b.tree !== undefined) return isBelow(a.tree, b.tree);
  // One state of `a` at a time is enough to find a string of it; only of `b` must every state be known at once.
  return !reaches(a, b, (states) => [states], (state, states) => isEnd(a, state) && !accepts(b, states));
}

/**
 * Whether some string is in both.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID as `isSubset`.
 */
export function overlaps(a: Glob, b: Glob): boolean {
  if (a.literal) return matches(b, a.prefix);
  if (b.literal) return matches(a, b.prefix);
  return reaches(a, b, (states) => states.map((state) => [state]), (state, states) => isEnd(a, state) && accepts(b, states));
}

function isBelow(text: string, tree: string): boolean {
  return text.startsWith(tree) && (text.length === tree.length || text.charAt(tree.length) === '/');
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') {
      at += 1;
      if (at >= text.length) throw invalid('a scope cannot end with a backslash');
      tokens.push({ kind: 'char', char: text.charAt(at) });
    } else if (text.startsWith('/**/', at)) {
      tokens.push({ kind: 'between' });
      at += 3;
    } else if (text.startsWith('/**', at) && at + 3 === text.length) {
      tokens.push({ kind: 'below' });
      at += 2;
    } else if (text.startsWith('**', at)) {
      tokens.push({ kind: 'globstar' });
      at += 1;
    } else if (char === '*') {
      tokens.push({ kind: 'star' });
    } else if (char === '?') {
      tokens.push({ kind: 'one' });
    } else {
      tokens.push({ kind: 'char', char });
    }
  }
  return tokens;
}

/**
 * A state is twice the index of the token to be matched next; the odd state after it stands for "inside" a token that takes several
 * characters: `below` and `between` have taken their slash.
 */
type States = readonly number[];

function start(pattern: Glob): States {
  return close(pattern, [0]);
}

function close(pattern: Glob, states: readonly number[]): States {
  const seen = new Set<number>();
  const pending = [...states];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    if (seen.has(state)) continue;
    seen.add(state);
    const token = pattern.tokens[state >> 1];
    if (!token) continue;
    if (token.kind === 'star' || token.kind === 'globstar') pending.push(state + 2);
    if (token.kind === 'below') pending.push((state | 1) + 1);
  }
  return [...seen].toSorted((x, y) => x - y);
}

function step(pattern: Glob, states: States, char: string): States {
  const next: number[] = [];
  for (const state of states) {
    const token = pattern.tokens[state >> 1];
    const inside = (state & 1) === 1;
    if (!token) continue;
    const after = (state | 1) + 1;
    if (token.kind === 'char') {
      if (char === token.char) next.push(after);
    } else if (token.kind === 'one') {
      if (char !== '/') next.push(after);
    } else if (token.kind === 'star') {
      if (char !== '/') next.push(state);
    } else if (token.kind === 'globstar') {
      next.push(state);
    } else if (inside) {
      next.push(state);
      if (token.kind === 'between' && char === '/') next.push(after);
    } else if (char === '/') {
      next.push(state | 1);
      if (token.kind === 'between') next.push(after);
    }
  }
  return close(pattern, next);
}

function accepts(pattern: Glob, states: States): boolean {
  return isEnd(pattern, states.at(-1));
}

function isEnd(pattern: Glob, state: number | undefined): boolean {
  return state === pattern.tokens.length * 2;
}

/** Stands for every character that neither glob names. */
const OTHER = '';

function alphabetOf(a: Glob, b: Glob): string[] {
  const chars = new Set(['/', OTHER]);
  for (const token of [...a.tokens, ...b.tokens]) if (token.kind === 'char') chars.add(token.char);
  return [...chars];
}

/** Walks both automata in step, one state of `a` with each group of states of `b`, until `found` holds somewhere. */
function reaches(a: Glob, b: Glob, group: (states: States) => States[], found: (a: number, b: States) => boolean): boolean {
  const alphabet = alphabetOf(a, b);
  const seen = new Set<string>();
  const pending: (readonly [number, States])[] = [];
  const meet = (statesA: States, statesB: States): void => {
    for (const state of statesA) for (const states of group(statesB)) pending.push([state, states]);
  };
  meet(start(a), start(b));
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [state, states] = pair;
    const key = `${state}|${states.join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STEPS) throw invalid('two scopes take too many steps to compare');
    if (found(state, states)) return true;
    for (const char of alphabet) meet(step(a, [state], char), step(b, states, char));
  }
  return false;
}

function invalid(message: string): TokaError {
  return new TokaError('TOKA_CAPABILITY_INVALID', message, { hint: 'write a shorter scope, for instance a folder as dir/**' });
}
