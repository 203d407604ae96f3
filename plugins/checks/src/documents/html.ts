import { Tokenizer, TokenizerMode, type Token } from 'parse5';
import type { Span } from './spans.ts';

/** An attribute; the span is that of its value, without quotes. */
export interface Attribute extends Span {
  readonly name: string;
  /** Character references decoded. */
  readonly value: string;
}

export interface Tag extends Span {
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export interface Html {
  readonly tags: readonly Tag[];
  /** Tags, comments, and the content of elements that hold no prose. */
  readonly markup: readonly Span[];
}

const raw = new Set(['script', 'style', 'xmp', 'iframe', 'noembed', 'noframes']);
const code = new Set(['code', 'pre', 'kbd', 'samp', 'textarea', 'title', 'template', 'svg']);

/**
 * Reads the tags of an HTML text with the standard's tokeniser. No tree is built, so that it is linear and never fails.
 *
 * @param text A document, or a text in which everything but HTML is blanked out.
 * @param fragments Whether it is pieces of HTML out of another text: then no element swallows what follows.
 * @returns Tags and markup in the order of the text.
 */
export function readHtml(text: string, fragments: boolean): Html {
  const tags: Tag[] = [];
  const markup: Span[] = [];
  const hidden: { name: string; start: number; depth: number }[] = [];
  const open = (token: Token.TagToken): void => {
    const place = where(token);
    markup.push(place);
    tags.push({ ...place, name: token.tagName, attributes: token.attrs.flatMap((attribute) => located(text, token, attribute)) });
    if (fragments) return;
    if (raw.has(token.tagName)) tokenizer.state = token.tagName === 'script' ? TokenizerMode.SCRIPT_DATA : TokenizerMode.RAWTEXT;
    else if (token.tagName === 'textarea' || token.tagName === 'title') tokenizer.state = TokenizerMode.RCDATA;
    if (token.selfClosing || !(raw.has(token.tagName) || code.has(token.tagName))) return;
    const current = hidden.at(-1);
    if (current === undefined) hidden.push({ name: token.tagName, start: place.start, depth: 1 });
    else if (current.name === token.tagName) current.depth++;
  };
  const close = (token: Token.TagToken): void => {
    const place = where(token);
    markup.push(place);
    const current = hidden.at(-1);
    if (current?.name !== token.tagName || --current.depth > 0) return;
    markup.push({ start: current.start, end: place.end });
    hidden.pop();
  };
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    {
      onStartTag: open,
      onEndTag: close,
      onComment: (token) => markup.push(where(token)),
      onDoctype: (token) => markup.push(where(token)),
      onCharacter: () => undefined,
      onNullCharacter: () => undefined,
      onWhitespaceCharacter: () => undefined,
      onEof: () => undefined,
    },
  );
  tokenizer.write(text, true);
  for (const rest of hidden) markup.push({ start: rest.start, end: text.length });
  return { tags, markup };
}

/** Blanks everything outside the spans, so that offsets stay as they are. */
export function only(text: string, spans: readonly Span[]): string {
  let result = '';
  for (const { start, end } of spans) {
    if (start < result.length) continue;
    result += ' '.repeat(start - result.length) + text.slice(start, end);
  }
  return result;
}

function where(token: { location: { startOffset: number; endOffset: number } | null }): { start: number; end: number } {
  return { start: token.location?.startOffset ?? 0, end: token.location?.endOffset ?? 0 };
}

function located(text: string, token: Token.TagToken, { name, value }: Token.Attribute): Attribute[] {
  const place = token.location?.attrs?.[name];
  if (place === undefined) return [];
  const source = text.slice(place.startOffset, place.endOffset);
  const equals = source.indexOf('=');
  if (equals === -1) return [{ name, value, start: place.endOffset, end: place.endOffset }];
  let from = equals + 1;
  while (/\s/.test(source[from] ?? '')) from++;
  const quote = source[from];
  if (quote !== '"' && quote !== "'") return [{ name, value, start: place.startOffset + from, end: place.endOffset }];
  return [{ name, value, start: place.startOffset + from + 1, end: Math.max(place.startOffset + from + 1, place.endOffset - 1) }];
}
