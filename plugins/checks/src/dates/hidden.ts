import { type Span, SpanSet } from '../documents/spans.ts';

/** What of a document is no prose. */
export interface Hidden {
  /** Code: neither dates nor exemption comments count there. */
  readonly code: SpanSet;
  /** Markup and addresses: dates don't count there. */
  readonly markup: SpanSet;
}

const address = /(?:\b[a-z][a-z0-9+.-]{1,15}:\/\/|\bwww\.|\bmailto:)[^\s<>"'`|)\]]+/gi;

/**
 * Finds code and markup by the kind of document.
 *
 * @param text The document.
 * @param extension Lower case, with the dot.
 * @param withCode Whether code counts as prose.
 * @returns `undefined` for markdown that takes too long to parse.
 */
export async function hidden(text: string, extension: string, withCode: boolean): Promise<Hidden | undefined> {
  const parts = await byKind(text, extension);
  if (parts === undefined) return undefined;
  const addresses = [...text.matchAll(address)].map((found) => ({ start: found.index, end: found.index + found[0].length }));
  return { code: new SpanSet(withCode ? [] : parts.code), markup: new SpanSet([...parts.markup, ...addresses]) };
}

interface Parts {
  readonly code: readonly Span[];
  readonly markup: readonly Span[];
}

async function byKind(text: string, extension: string): Promise<Parts | undefined> {
  if (extension === '.md' || extension === '.mdx' || extension === '.markdown') return inMarkdown(text, extension);
  if (extension === '.html' || extension === '.htm') return inHtml(text);
  if (extension === '.rst') return { code: [...rstBlocks(text), ...inline(text)], markup: [] };
  if (extension === '.adoc' || extension === '.asciidoc') return { code: [...delimited(text), ...inline(text)], markup: [] };
  return { code: [], markup: [] };
}

async function inMarkdown(text: string, extension: string): Promise<Parts | undefined> {
  const { parseMarkdown } = await import('../documents/markdown.ts');
  const found = parseMarkdown(text, extension === '.mdx' ? 'mdx' : 'md');
  if (found === undefined) return undefined;
  const markup: Span[] = found.links.map(({ start, end }) => ({ start, end }));
  if (found.html.length > 0) {
    const { only, readHtml } = await import('../documents/html.ts');
    const html = readHtml(only(text, found.html), true);
    markup.push(...html.markup.flatMap((span) => around(span, dateAttributes(html.tags))));
  }
  return { code: found.code, markup };
}

async function inHtml(text: string): Promise<Parts | undefined> {
  const { readHtml } = await import('../documents/html.ts');
  const html = readHtml(text, false);
  const kept = dateAttributes(html.tags);
  return { code: [], markup: html.markup.flatMap((span) => around(span, kept)) };
}

/** `<time datetime="…">` holds a date by definition. */
function dateAttributes(tags: readonly { attributes: readonly (Span & { name: string })[] }[]): Span[] {
  return tags.flatMap((tag) => tag.attributes.filter((attribute) => attribute.name === 'datetime'));
}

function around(span: Span, holes: readonly Span[]): Span[] {
  const pieces: Span[] = [];
  let start = span.start;
  for (const hole of holes) {
    if (hole.start < start || hole.end > span.end) continue;
    pieces.push({ start, end: hole.start });
    start = hole.end;
  }
  return [...pieces, { start, end: span.end }];
}

/** Inline literals: ``x`` and `x`, within one line. */
function inline(text: string): Span[] {
  return [...text.matchAll(/``[^`\n]{1,400}``|`[^`\n]{1,400}`/g)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
  }));
}

/** Blocks of reStructuredText that hold code: behind `::` and in `code`, `code-block`, `sourcecode`, `parsed-literal`, `literalinclude`. */
function rstBlocks(text: string): Span[] {
  const spans: Span[] = [];
  let block: { start: number; indent: number } | undefined;
  let at = 0;
  for (const line of text.split('\n')) {
    const blank = line.trim() === '';
    const indent = line.length - line.trimStart().length;
    if (block !== undefined && !blank && indent <= block.indent) {
      spans.push({ start: block.start, end: at });
      block = undefined;
    }
    const opens =
      /^\s*\.\. (?:code|code-block|sourcecode|parsed-literal|literalinclude)::/.test(line) ||
      (line.trimEnd().endsWith('::') && !/^\s*\.\. /.test(line));
    if (block === undefined && opens) block = { start: at + line.length, indent };
    at += line.length + 1;
  }
  if (block !== undefined) spans.push({ start: block.start, end: text.length });
  return spans;
}

/** Listing and literal blocks of AsciiDoc: between lines of `----`, `....` or fences. */
function delimited(text: string): Span[] {
  const spans: Span[] = [];
  let open: { start: number; fence: string } | undefined;
  let at = 0;
  for (const line of text.split('\n')) {
    const fence = /^(?:-{4,}|\.{4,}|`{3,}(?=\w*$))/.exec(line.trimEnd())?.[0];
    if (open === undefined && fence !== undefined) open = { start: at, fence };
    else if (open !== undefined && fence === open.fence) {
      spans.push({ start: open.start, end: at + line.length });
      open = undefined;
    }
    at += line.length + 1;
  }
  if (open !== undefined) spans.push({ start: open.start, end: text.length });
  return spans;
}
