import { decodeString } from 'micromark-util-decode-string';
import { normalizeIdentifier } from 'micromark-util-normalize-identifier';
import type { Event, Token } from 'micromark-util-types';
import type { Span } from './spans.ts';

export interface Heading extends Span {
  /** The text as it is shown, without markup and images. */
  readonly text: string;
}

/** A link, image, definition or autolink; the span is that of its destination. */
export interface MarkdownLink extends Span {
  readonly kind: 'autolink' | 'definition' | 'image' | 'link';
  /** Escapes and character references decoded. */
  readonly destination: string;
  /** The normalised label of a definition. */
  readonly label?: string;
}

/** Where everything of a document is. */
export interface Markdown {
  /** Fenced, indented and inline code, front matter not included. */
  readonly code: readonly Span[];
  readonly frontmatter: Span | undefined;
  readonly headings: readonly Heading[];
  /** Pieces of HTML or JSX: tags, comments, blocks. */
  readonly html: readonly Span[];
  readonly links: readonly MarkdownLink[];
  /** Paragraphs, headings, tables. */
  readonly phrasing: readonly Span[];
  /** Inline code, links, images and HTML: what a search through the phrasing leaves out. */
  readonly inline: readonly Span[];
  /** Normalised labels of the definitions that something refers to. */
  readonly referenced: ReadonlySet<string>;
}

interface Open extends Span {
  readonly kind: 'image' | 'link';
  label: string;
  resource: boolean;
  target: MarkdownLink | undefined;
}

const code = new Set<string>(['codeFenced', 'codeIndented', 'codeText', 'mdxFlowExpression', 'mdxTextExpression']);
const html = new Set<string>(['htmlFlow', 'htmlText', 'mdxJsxFlowTag', 'mdxJsxTextTag']);
const phrasing = new Set<string>(['paragraph', 'atxHeading', 'setextHeading', 'table']);
const metadata = new Set<string>(['yaml', 'toml']);
const shownText = new Set<string>(['data', 'codeTextData', 'characterEscapeValue', 'autolinkProtocol', 'autolinkEmail']);

/** Collects, in one pass over micromark's events, what the checks need. */
export class Reader {
  readonly #text: string;
  readonly #mdx: boolean;
  readonly #code: Span[] = [];
  readonly #html: Span[] = [];
  readonly #phrasing: Span[] = [];
  readonly #inline: Span[] = [];
  readonly #links: MarkdownLink[] = [];
  readonly #headings: Heading[] = [];
  readonly #referenced = new Set<string>();
  readonly #open: Open[] = [];
  #frontmatter: Span | undefined;
  #heading: string | undefined;
  #hidden = 0;
  #module: Token | undefined;
  #label = '';

  constructor(text: string, mdx: boolean) {
    this.#text = text;
    this.#mdx = mdx;
  }

  read(events: readonly Event[]): Markdown {
    for (const event of events) {
      if (event[0] === 'enter') this.#enter(event);
      else this.#exit(event);
    }
    return {
      code: this.#code,
      frontmatter: this.#frontmatter,
      headings: this.#headings,
      html: this.#html,
      links: this.#links,
      phrasing: this.#phrasing,
      inline: this.#inline,
      referenced: this.#referenced,
    };
  }

  #enter([, token]: Event): void {
    const { type } = token;
    if (this.#module !== undefined) return;
    if (type === 'paragraph' && this.#isModule(token)) this.#module = token;
    else if (type === 'atxHeading' || type === 'setextHeading') this.#heading = '';
    else if (type === 'resource' || type === 'reference' || type === 'image') this.#hidden++;
    if (type === 'link' || type === 'image') {
      this.#open.push({ ...span(token), kind: type, label: '', resource: false, target: undefined });
    }
    const open = this.#open.at(-1);
    if (type === 'resource' && open !== undefined) open.resource = true;
  }

  #exit(event: Event): void {
    const token = event[1];
    if (this.#module !== undefined) {
      if (token === this.#module) this.#closeModule(token);
      return;
    }
    this.#collectSpans(token);
    this.#collectHeading(event);
    this.#collectLinks(event);
  }

  #collectSpans(token: Token): void {
    const { type } = token;
    if (code.has(type) && !this.#isComment(token)) this.#code.push(span(token));
    if (html.has(type)) this.#html.push(span(token));
    if (phrasing.has(type)) this.#phrasing.push(span(token));
    if (
      type === 'codeText' ||
      type === 'link' ||
      type === 'image' ||
      type === 'htmlText' ||
      type === 'autolink' ||
      type === 'gfmFootnoteCall'
    ) {
      this.#inline.push(span(token));
    }
    if (metadata.has(type)) this.#frontmatter = span(token);
  }

  #collectHeading([, token, context]: Event): void {
    const { type } = token;
    if (type === 'resource' || type === 'reference' || type === 'image') this.#hidden--;
    if (this.#heading === undefined) return;
    if (type === 'atxHeading' || type === 'setextHeading') {
      this.#headings.push({ ...span(token), text: this.#heading.trim() });
      this.#heading = undefined;
    } else if (this.#hidden > 0) return;
    else if (shownText.has(type)) this.#heading += context.sliceSerialize(token);
    else if (type === 'characterReference') this.#heading += decodeString(context.sliceSerialize(token));
    else if (type === 'mdxTextExpression' && this.#text.startsWith('{#', token.start.offset))
      this.#heading += context.sliceSerialize(token);
    else if (type === 'lineEnding' && this.#heading !== '') this.#heading += ' ';
  }

  #collectLinks([, token, context]: Event): void {
    const open = this.#open.at(-1);
    switch (token.type) {
      case 'labelText':
        if (open !== undefined && open.label === '') open.label = context.sliceSerialize(token);
        break;
      case 'referenceString':
        if (open !== undefined) open.label = context.sliceSerialize(token);
        break;
      case 'resourceDestinationString':
        if (open !== undefined) open.target = { ...span(token), kind: open.kind, destination: decodeString(context.sliceSerialize(token)) };
        break;
      case 'link':
      case 'image':
        this.#close(token);
        break;
      case 'definitionLabelString':
        this.#label = normalizeIdentifier(context.sliceSerialize(token));
        break;
      case 'definitionDestinationString':
        this.#links.push({
          ...span(token),
          kind: 'definition',
          destination: decodeString(context.sliceSerialize(token)),
          label: this.#label,
        });
        break;
      case 'autolinkProtocol':
      case 'autolinkEmail':
        this.#links.push({ ...span(token), kind: 'autolink', destination: autolink(token.type, context.sliceSerialize(token)) });
        break;
      default:
    }
  }

  #close(token: Token): void {
    const open = this.#open.pop();
    if (open === undefined) return;
    if (!open.resource) this.#referenced.add(normalizeIdentifier(open.label));
    else this.#links.push(open.target ?? { start: token.end.offset - 1, end: token.end.offset - 1, kind: open.kind, destination: '' });
  }

  /** MDX writes its comments as expressions that hold nothing but a comment of JavaScript. */
  #isComment(token: Token): boolean {
    return this.#mdx && this.#text.startsWith('{/*', token.start.offset);
  }

  #isModule(token: Token): boolean {
    return this.#mdx && /^(?:import|export)\b/.test(this.#text.slice(token.start.offset, token.start.offset + 8));
  }

  #closeModule(token: Token): void {
    this.#code.push(span(token));
    this.#module = undefined;
  }
}

function autolink(type: string, text: string): string {
  return type === 'autolinkEmail' ? `mailto:${text}` : text;
}

function span(token: Token): { start: number; end: number } {
  return { start: token.start.offset, end: token.end.offset };
}
