import { Lexer, type Token } from 'marked';

/** Letters of a block up to which it is read as Markdown: it is laid out anew for each frame as long as it grows. */
const MAX_LETTERS = 32 * 1024;

/** The blocks of a text; one that is too long, or nested too deeply, is the text that it is. */
export function lex(text: string): readonly Token[] {
  if (text.length > MAX_LETTERS) return asText(text);
  try {
    return Lexer.lex(text);
  } catch {
    return asText(text);
  }
}

/** Whole lines are finished; the last may go on. */
function asText(text: string): Token[] {
  const end = text.lastIndexOf('\n') + 1;
  return [text.slice(0, end), text.slice(end)].filter((part) => part !== '').map((raw) => ({ type: 'text', raw, text: raw.replace(/\n$/, '') }));
}
