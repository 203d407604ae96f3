import { frontmatter } from 'micromark-extension-frontmatter';
import { gfmFootnote } from 'micromark-extension-gfm-footnote';
import { gfmTable } from 'micromark-extension-gfm-table';
import { mdxExpression } from 'micromark-extension-mdx-expression';
import { mdxJsx } from 'micromark-extension-mdx-jsx';
import { mdxMd } from 'micromark-extension-mdx-md';
import { parse, postprocess, preprocess } from 'micromark';
import type { Event, Extension } from 'micromark-util-types';
import { Reader, type Markdown } from './markdown-reader.ts';

export type { Heading, Markdown, MarkdownLink } from './markdown-reader.ts';

/** Milliseconds after which a document is given up: a hundred times what a long one takes. */
const budget = 10_000;
const batch = 256;

/** Block quotes and lists within each other, 300 deep. */
const nested = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){300}/m;

/**
 * Parses markdown (CommonMark with GFM tables, footnotes and front matter). MDX whose JSX or expressions are not valid is read as markdown
 * with HTML.
 *
 * @param text Without a byte order mark.
 * @param flavour `md` or `mdx`.
 * @returns Where everything is; `undefined` for a text that would keep the parser busy for too long: micromark is linear on what people
 * write, but quadratic in some things that they don't.
 */
export function parseMarkdown(text: string, flavour: 'md' | 'mdx'): Markdown | undefined {
  if (nested.test(text) || phrasingCost(text) > budget) return undefined;
  const shared: Extension[] = [frontmatter(['yaml', 'toml']), gfmTable(), gfmFootnote()];
  const mdx = flavour === 'mdx';
  let events: Event[] | undefined;
  try {
    events = tokenize(text, mdx ? [...shared, mdxMd(), mdxJsx(), mdxExpression()] : shared);
  } catch (error) {
    if (!mdx || !(error instanceof Error)) throw error;
    events = tokenize(text, shared);
  }
  return events === undefined ? undefined : new Reader(text, mdx).read(events);
}

/** Block structure is made while writing, and can be stopped between two pieces; phrasing is made afterwards, at one go. */
function tokenize(text: string, extensions: Extension[]): Event[] | undefined {
  const end = performance.now() + budget;
  const tokenizer = parse({ extensions }).document();
  const chunks = preprocess()(text, 'utf8', true);
  let events: Event[] = [];
  for (let at = 0; at < chunks.length; at += batch) {
    events = tokenizer.write(chunks.slice(at, at + batch));
    if (performance.now() > end) return undefined;
  }
  return postprocess(events);
}

/**
 * Estimates how long the phrasing of a text takes: quadratic in the brackets, emphasis marks, table cells and unlike runs of backticks of
 * one paragraph. The constants were measured and are rounded up.
 *
 * @returns Milliseconds.
 */
function phrasingCost(text: string): number {
  let cost = 0;
  for (const paragraph of text.split(/\n(?=[ \t>]*(?:[-+*#]|\d{1,9}[.)])[ \t])|\n[ \t\r]*\n/)) {
    const { brackets, cells, marks, ticks } = counts(paragraph);
    cost += brackets ** 2 / 2e5 + marks ** 2 / 6e4 + (ticks * paragraph.length) / 2e4 + cells ** 2 / 8e5;
  }
  return cost;
}

function counts(text: string): { brackets: number; cells: number; marks: number; ticks: number } {
  const found = { brackets: 0, cells: 0, marks: 0 };
  const runs = new Set<number>();
  let last = 0;
  let run = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 93) found.brackets++;
    else if (code === 124) found.cells++;
    else if ((code === 42 || code === 95) && code !== last) found.marks++;
    else if (code === 96) runs.add((run = last === 96 ? run + 1 : 1));
    last = code;
  }
  return { ...found, ticks: runs.size };
}
