import type { Span, SpanSet } from '../documents/spans.ts';

/** A link to check; the span is that of its destination. */
export interface Link extends Span {
  readonly kind: 'definition' | 'image' | 'link';
  /** Escapes and character references of the format decoded, percent-encoding not. */
  readonly destination: string;
  /** As it stands in the source. */
  readonly raw: string;
  readonly format: 'html' | 'markdown';
}

/** Something wrong within the document itself. */
export interface Problem extends Span {
  readonly kind: 'duplicate-definition' | 'space' | 'undefined-reference' | 'unused-definition';
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The new text of the span. */
  readonly suggestion?: string;
}

export interface Extracted {
  readonly links: readonly Link[];
  readonly problems: readonly Problem[];
  /** What `#…` may name. */
  readonly anchors: ReadonlySet<string>;
  readonly code: SpanSet;
}

export const markdownExtensions: readonly string[] = ['.md', '.mdx', '.markdown'];
export const htmlExtensions: readonly string[] = ['.html', '.htm'];
