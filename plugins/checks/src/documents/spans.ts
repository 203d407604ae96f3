/** A piece of a text: from `start` up to, not including, `end`, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Spans that can be asked whether they touch another one. */
export class SpanSet {
  readonly #spans: Span[] = [];

  constructor(spans: Iterable<Span>) {
    for (const span of [...spans].toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      const last = this.#spans.at(-1);
      if (last === undefined || span.start > last.end) this.#spans.push({ start: span.start, end: span.end });
      else if (span.end > last.end) this.#spans[this.#spans.length - 1] = { start: last.start, end: span.end };
    }
  }

  /** Whether any character of the span is in the set. */
  touches(start: number, end: number): boolean {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spans[middle]?.end ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    const next = this.#spans[low];
    return next !== undefined && next.start < end;
  }
}

/** A replacement of one span. */
export interface Edit extends Span {
  readonly text: string;
}

/**
 * Applies edits that don't overlap.
 *
 * @param text The text they refer to.
 * @param edits In any order.
 * @returns The new text; every character outside the spans is untouched.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let done = 0;
  for (const edit of [...edits].toSorted((a, b) => a.start - b.start)) {
    if (edit.start < done) continue;
    result += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return result + text.slice(done);
}
