import path from 'node:path';
import type { Heading, Markdown, MarkdownLink } from '../documents/markdown.ts';
import type { Tag } from '../documents/html.ts';
import { SpanSet } from '../documents/spans.ts';
import { htmlExtensions, markdownExtensions, type Extracted, type Link } from './model.ts';
import { definitionProblems, phrasingProblems } from './references.ts';

/**
 * Finds links, anchors and problems of a document.
 *
 * @param text Without a byte order mark.
 * @param file Its name, for the extension.
 * @returns `undefined` for markdown that takes too long to parse; no links for a file of another kind.
 */
export async function extract(text: string, file: string): Promise<Extracted | undefined> {
  const extension = path.extname(file).toLowerCase();
  if (htmlExtensions.includes(extension)) return extractHtml(text);
  if (!markdownExtensions.includes(extension)) return { links: [], problems: [], anchors: new Set(), code: new SpanSet([]) };
  const { parseMarkdown } = await import('../documents/markdown.ts');
  const markdown = parseMarkdown(text, extension === '.mdx' ? 'mdx' : 'md');
  return markdown === undefined ? undefined : extractMarkdown(text, markdown);
}

async function extractHtml(text: string): Promise<Extracted> {
  const { readHtml } = await import('../documents/html.ts');
  const { tags } = readHtml(text, false);
  const based = tags.some((tag) => tag.name === 'base' && tag.attributes.some(({ name }) => name === 'href'));
  return { links: based ? [] : htmlLinks(text, tags), problems: [], anchors: new Set(htmlAnchors(tags)), code: new SpanSet([]) };
}

async function extractMarkdown(text: string, markdown: Markdown): Promise<Extracted> {
  const code = new SpanSet(markdown.code);
  const tags = await tagsOf(text, markdown);
  return {
    links: withoutContributors(text, [...markdown.links.map((link) => fromMarkdown(text, link)), ...htmlLinks(text, tags)]),
    problems: [...definitionProblems(markdown), ...phrasingProblems(text, markdown)],
    anchors: new Set([...(await slugs(markdown.headings)), ...htmlAnchors(tags)]),
    code,
  };
}

/** The lists that all-contributors generates are full of anchors that lead nowhere on purpose. */
function withoutContributors(text: string, links: Link[]): Link[] {
  const start = text.indexOf('ALL-CONTRIBUTORS-LIST:START');
  if (start === -1) return links;
  const end = text.indexOf('ALL-CONTRIBUTORS-LIST:END', start);
  return links.filter((link) => link.start < start || (end !== -1 && link.start > end) || !link.destination.startsWith('#'));
}

async function tagsOf(text: string, markdown: Markdown): Promise<readonly Tag[]> {
  if (markdown.html.length === 0) return [];
  const { only, readHtml } = await import('../documents/html.ts');
  return readHtml(only(text, markdown.html), true).tags;
}

function fromMarkdown(text: string, { kind, destination, start, end }: MarkdownLink): Link {
  return { kind: kind === 'autolink' ? 'link' : kind, destination, raw: text.slice(start, end), start, end, format: 'markdown' };
}

/** The anchors of headings as GitHub makes them, plus the `{#id}` that other renderers read. */
async function slugs(headings: readonly Heading[]): Promise<string[]> {
  if (headings.length === 0) return [];
  const { default: Slugger } = await import('github-slugger');
  const slugger = new Slugger();
  return headings.flatMap(({ text }) => {
    const explicit = /^(.*?)\s*\{#([^\s{}]+)\}\s*$/.exec(text.slice(-400));
    return explicit === null ? [slugger.slug(text)] : [slugger.slug(text), explicit[2] ?? '', slugger.slug(explicit[1] ?? '')];
  });
}

const attributes: Readonly<Record<string, Link['kind']>> = {
  href: 'link',
  src: 'image',
  poster: 'image',
  srcset: 'image',
  'xlink:href': 'link',
};

function htmlLinks(text: string, tags: readonly Tag[]): Link[] {
  return tags.flatMap((tag) => {
    if (tag.name === 'base') return [];
    return tag.attributes.flatMap(({ name, value, start, end }): Link[] => {
      const kind = tag.name === 'object' && name === 'data' ? 'image' : attributes[name];
      if (kind === undefined || value === '') return [];
      if (name === 'srcset') return srcset(text, start, end);
      return [{ kind, destination: value.trim(), raw: text.slice(start, end), start, end, format: 'html' }];
    });
  });
}

/** The addresses of a `srcset`: each in front of an optional width or density, separated by commas. */
function srcset(text: string, start: number, end: number): Link[] {
  return [...text.slice(start, end).matchAll(/(?:^|,\s)\s*([^\s,][^\s]*[^\s,]|[^\s,])/g)].map((found) => {
    const destination = found[1] ?? '';
    const from = start + found.index + found[0].length - destination.length;
    return { kind: 'image', destination, raw: destination, start: from, end: from + destination.length, format: 'html' };
  });
}

function htmlAnchors(tags: readonly Tag[]): string[] {
  return tags.flatMap((tag) =>
    tag.attributes.filter(({ name }) => name === 'id' || (name === 'name' && tag.name === 'a')).map(({ value }) => value),
  );
}
