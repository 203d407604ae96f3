import { coded } from '@toka/sdk';

/** Where in a line something was found, in UTF-16 code units from 0. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MatcherOptions {
  readonly pattern: string;
  readonly regex: boolean;
  readonly ignoreCase: boolean;
  readonly word: boolean;
}

export interface Matcher {
  /** Bytes without which no match is possible. */
  readonly needle?: Buffer;
  /** Whether any line of the text may match; never wrong when it says no. */
  mayMatch(text: string): boolean;
  /** The first place at or after `from` where a match may start, -1 for none; absent where lines must be looked at one by one. */
  readonly next?: (text: string, from: number) => number;
  /** The matches in one line. */
  spans(line: string): Span[];
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;

/** Compiles a search. @throws CodedError `SEARCH_PATTERN_INVALID` */
export async function compileMatcher(options: MatcherOptions): Promise<Matcher> {
  if (options.pattern.includes('\n')) {
    throw coded('SEARCH_PATTERN_INVALID', 'expected a pattern within one line, found a newline in it', {
      hint: 'search for one of its lines',
    });
  }
  return options.regex ? regexMatcher(options) : literalMatcher(options);
}

function literalMatcher({ pattern, ignoreCase, word }: MatcherOptions): Matcher {
  // An escaped text has no repetition, so this expression runs in linear time.
  const folded = ignoreCase ? new RegExp(pattern.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu') : undefined;
  const find = (text: string, from: number): Span | undefined => {
    if (folded === undefined) {
      const start = text.indexOf(pattern, from);
      return start === -1 ? undefined : { start, end: start + pattern.length };
    }
    folded.lastIndex = from;
    const match = folded.exec(text);
    return match === null ? undefined : { start: match.index, end: folded.lastIndex };
  };
  return {
    ...(ignoreCase ? {} : { needle: Buffer.from(pattern) }),
    mayMatch: (text) => find(text, 0) !== undefined,
    next: (text, from) => find(text, from)?.start ?? -1,
    spans: (line) => {
      const spans: Span[] = [];
      for (let span = find(line, 0); span !== undefined; span = find(line, Math.max(span.end, span.start + 1))) {
        if (!word || isWord(line, span)) spans.push(span);
      }
      return spans;
    },
  };
}

function isWord(line: string, { start, end }: Span): boolean {
  const before = start === 0 ? '' : (line.slice(0, start).match(/.$/su)?.[0] ?? '');
  const after = end >= line.length ? '' : String.fromCodePoint(line.codePointAt(end) ?? 0);
  return !WORD.test(before) && !WORD.test(after);
}

/** RE2 runs in linear time whatever the pattern, so that no pattern can hang the tool (the built-in engine backtracks). */
async function regexMatcher({ pattern, ignoreCase, word }: MatcherOptions): Promise<Matcher> {
  const { RE2JS } = await import('re2js');
  const source = word ? `\\b(?:${pattern})\\b` : pattern;
  const compile = (flags: number) => RE2JS.compile(source, flags | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
  try {
    const line = compile(0);
    const whole = compile(RE2JS.MULTILINE);
    // These look at the edges of the whole text, where a line by itself has other edges.
    const needsLines = /\\[AzZ]|\(\?[A-Za-z]*-/.test(pattern);
    return {
      mayMatch: (text) => needsLines || text.includes('\r') || whole.test(text),
      spans: (text) => {
        if (!line.test(text)) return [];
        const matcher = line.matcher(text);
        const spans: Span[] = [];
        while (matcher.find()) spans.push({ start: matcher.start(), end: matcher.end() });
        return spans;
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw coded('SEARCH_PATTERN_INVALID', `expected a regular expression in RE2 syntax, found ${JSON.stringify(pattern)}: ${reason}`, {
      cause: error,
      hint: 'RE2 has no lookaround and no backreferences; leave out regex to search for the text as it is',
    });
  }
}
