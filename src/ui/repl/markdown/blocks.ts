import type { MarkedToken, Token, Tokens } from 'marked';
import type { Theme } from '../theme.ts';
import { hardWrap, wrap } from '../width.ts';
import { inline } from './inline.ts';
import { table } from './table.ts';

const MAX_DEPTH = 8;

/** A block in lines of at most so many columns. */
export function block(token: Token, columns: number, theme: Theme, depth = 0): string[] {
  const known = token as MarkedToken;
  // What is nested without an end would leave no room for text.
  if (depth > MAX_DEPTH) return wrap(known.raw.trimEnd(), columns);
  switch (known.type) {
    case 'heading':
      return wrap(theme.heading(`${theme.name === 'plain' ? `${'#'.repeat(known.depth)} ` : ''}${inline(known.tokens, theme)}`), columns);
    case 'paragraph':
      return wrap(inline(known.tokens, theme), columns);
    case 'text':
      return wrap(known.tokens ? inline(known.tokens, theme) : known.text, columns);
    case 'code':
      return code(known.text, known.lang, columns, theme);
    case 'blockquote':
      return within(known.tokens, '│ ', columns, theme, depth).map((line) => theme.quiet(line));
    case 'list':
      return known.items.flatMap((item, at) => listItem(item, marker(known, item, at), columns, theme, depth));
    case 'table':
      return table(known, columns, theme);
    case 'hr':
      return [theme.quiet('─'.repeat(Math.min(columns, 40)))];
    case 'space':
    case 'def':
      return [];
    default:
      return wrap(known.raw.trimEnd(), columns);
  }
}

/** Lines of code, as they are: only what does not fit is broken. */
function code(text: string, lang: string | undefined, columns: number, theme: Theme): string[] {
  return text.split('\n').flatMap((line) => hardWrap(line, columns - 2).map((part) => `  ${codeLine(part, lang, theme)}`));
}

export function codeLine(line: string, lang: string | undefined, theme: Theme): string {
  if (lang !== 'diff') return theme.code(line);
  return line.startsWith('+') ? theme.added(line) : line.startsWith('-') ? theme.removed(line) : line;
}

function marker({ ordered, start }: Tokens.List, { task, checked }: Tokens.ListItem, at: number): string {
  const sign = ordered ? `${Number(start) + at}.` : '•';
  return task ? `${sign} ${checked === true ? '[x]' : '[ ]'} ` : `${sign} `;
}

function listItem({ tokens, raw }: Tokens.ListItem, sign: string, columns: number, theme: Theme, depth: number): string[] {
  const lines = within(tokens, ' '.repeat(sign.length), columns, theme, depth);
  const first = (lines[0] ?? '').slice(sign.length);
  return [`${theme.accent(sign.trimEnd())} ${first}`.trimEnd(), ...lines.slice(1), ...(/\n\s*\n$/.test(raw) ? [''] : [])];
}

function within(tokens: readonly Token[], indent: string, columns: number, theme: Theme, depth: number): string[] {
  const lines: string[] = [];
  for (const token of tokens) {
    if (token.type === 'checkbox') continue;
    if (token.type === 'space' && lines.length > 0) lines.push(indent.trimEnd());
    for (const line of block(token, Math.max(8, columns - indent.length), theme, depth + 1)) lines.push(`${indent}${line}`);
  }
  return lines;
}
