import type { MarkedToken, Token } from 'marked';
import type { Theme } from '../theme.ts';

/** Text within a line: emphasis, code, links. */
export function inline(tokens: readonly Token[] | undefined, theme: Theme): string {
  return ((tokens ?? []) as readonly MarkedToken[]).map((token) => one(token, theme)).join('');
}

function one(token: MarkedToken, theme: Theme): string {
  switch (token.type) {
    case 'strong':
      return theme.strong(inline(token.tokens, theme));
    case 'em':
      return theme.emphasis(inline(token.tokens, theme));
    case 'del':
      return theme.struck(inline(token.tokens, theme));
    case 'codespan':
      return theme.name === 'plain' ? `\`${token.text}\`` : theme.code(token.text);
    case 'br':
      return '\n';
    case 'link': {
      // Where it leads to is always shown: a text that can name another place than it goes to is a trap.
      const text = inline(token.tokens, theme);
      return token.text === token.href ? theme.link(token.href) : `${text} (${theme.link(token.href)})`;
    }
    case 'image':
      return `[image: ${token.text}] (${theme.link(token.href)})`;
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens ? inline(token.tokens, theme) : token.text;
    default:
      return token.raw;
  }
}
