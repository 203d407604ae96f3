import type { Lines } from './text.ts';
import { SpanSet } from './spans.ts';

/**
 * Finds what `toka-<check>-ignore` comments exempt: the next line that isn't blank; with `-line` the line itself; from `-start` to `-end`
 * (or the end of the text); with `-file` everything. A directive counts behind the opener of a comment in any common syntax (`<!--`,
 * `{/*`, `/*`, `//`, `#`, `..`, `;`, `--`, `%`, markdown's `[//]: #`).
 *
 * @param text The document.
 * @param lines Its lines.
 * @param check `date`, `link`, …
 * @param code Spans of code, in which a directive is only quoted.
 * @returns The exempted spans.
 */
export function exemptions(text: string, lines: Lines, check: string, code: SpanSet): SpanSet {
  const directive = new RegExp(`toka-${check}-ignore(?:-(line|start|end|file|next-line))?(?![\\w-])`, 'g');
  const spans: { start: number; end: number }[] = [];
  let open: number | undefined;
  for (const found of text.matchAll(directive)) {
    const index = lines.indexOf(found.index);
    const from = lines.starts[index] ?? 0;
    if (code.touches(found.index, found.index + 1) || !isComment(text.slice(Math.max(from, found.index - 80), found.index))) continue;
    const end = lines.starts[index + 1] ?? text.length;
    if (found[1] === 'file') return new SpanSet([{ start: 0, end: text.length }]);
    if (found[1] === 'line') spans.push({ start: from, end });
    else if (found[1] === 'start') open ??= from;
    else if (found[1] === 'end') {
      if (open !== undefined) spans.push({ start: open, end });
      open = undefined;
    } else spans.push(nextLine(text, lines, index));
  }
  if (open !== undefined) spans.push({ start: open, end: text.length });
  return new SpanSet(spans);
}

function isComment(before: string): boolean {
  return /(?:<!--|\/\*|\/\/|#|\.\.|;|--|%|\[(?:\/\/|comment)\]: ?[#<]?[^\n]?["(<]?)[ \t*!]*$/.test(before);
}

function nextLine(text: string, lines: Lines, index: number): { start: number; end: number } {
  for (let next = index + 1; next < lines.starts.length; next++) {
    const start = lines.starts[next] ?? 0;
    const end = lines.starts[next + 1] ?? text.length;
    if (text.slice(start, end).trim() !== '') return { start, end };
  }
  return { start: text.length, end: text.length };
}
