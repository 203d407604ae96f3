import type { Token, Tokens } from 'marked';
import { screenFilter } from '../../screen.ts';
import type { Theme } from '../theme.ts';
import { hardWrap, shown } from '../width.ts';
import { block, codeLine } from './blocks.ts';
import { lex } from './lex.ts';

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`\n]*)$/;

/** A code block that has begun: its lines are finished one by one. */
interface Fence {
  readonly mark: string;
  readonly lang: string;
}

/**
 * Markdown that comes in pieces. What is finished is given out once, block by block; what may still change is laid out anew each time it is
 * asked for.
 */
export class MarkdownStream {
  readonly #theme: () => Theme;
  #filter = screenFilter();
  #half = '';
  #open = '';
  #fence: Fence | undefined;
  #hasPrinted = false;

  constructor(theme: () => Theme) {
    this.#theme = theme;
  }

  get isEmpty(): boolean {
    return this.#open === '' && !this.#hasPrinted;
  }

  push(text: string): void {
    const all = this.#half + text;
    // A letter may come in two halves, as a sequence of control characters may come in pieces.
    const end = /[\ud800-\udbff]$/.test(all) ? -1 : all.length;
    this.#half = end === -1 ? all.slice(end) : '';
    this.#open += shown(this.#filter(Buffer.from(all.slice(0, end))));
  }

  /** What came since is void. */
  drop(): void {
    this.#filter = screenFilter();
    this.#half = '';
    this.#open = '';
    this.#fence = undefined;
  }

  /** The lines that are finished since the last call. */
  finished(columns: number): string[] {
    const lines: string[] = [];
    let before: string;
    do {
      before = this.#open;
      if (this.#fence) this.#code(this.#fence, columns, lines);
      else this.#blocks(columns, lines);
    } while (this.#open !== before && this.#open !== '');
    if (lines.length > 0) this.#hasPrinted = true;
    return lines;
  }

  /** The lines of what is not finished. */
  unfinished(columns: number): string[] {
    if (this.#open.trim() === '') return [];
    const theme = this.#theme();
    if (this.#fence) return this.#codeLines(this.#open, this.#fence, columns);
    return lex(this.#open).flatMap((token) => block(token, columns, theme));
  }

  /** The rest: nothing more comes. */
  end(columns: number): string[] {
    const lines = [...this.finished(columns), ...this.unfinished(columns)];
    this.drop();
    this.#hasPrinted = false;
    return lines;
  }

  #code(fence: Fence, columns: number, lines: string[]): void {
    const end = this.#open.lastIndexOf('\n') + 1;
    const whole = this.#open.slice(0, end).split('\n').slice(0, -1);
    const closing = whole.findIndex((line) => closes(line, fence));
    const code = closing === -1 ? whole : whole.slice(0, closing);
    lines.push(...code.flatMap((line) => this.#codeLines(line, fence, columns)));
    if (closing === -1) {
      this.#open = this.#open.slice(end);
      return;
    }
    this.#open = this.#open.slice(whole.slice(0, closing + 1).reduce((sum, line) => sum + line.length + 1, 0));
    this.#fence = undefined;
  }

  #codeLines(text: string, { lang, mark }: Fence, columns: number): string[] {
    if (closes(text, { lang, mark })) return [];
    return hardWrap(text, columns - 2).map((line) => `  ${codeLine(line, lang, this.#theme())}`);
  }

  #blocks(columns: number, lines: string[]): void {
    const start = this.#fenceStart();
    const tokens = lex(start === undefined ? this.#open : this.#open.slice(0, start.at));
    const last = tokens.at(-1);
    // The last block may go on, unless a code block begins after it.
    const done = start === undefined ? tokens.slice(0, tokens.findLastIndex(({ type }) => type !== 'space')) : tokens;
    this.#print(done, columns, lines);
    this.#open = this.#open.slice(start === undefined ? done.reduce((sum, { raw }) => sum + raw.length, 0) : start.end);
    if (start) {
      if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
      this.#fence = start.fence;
    } else if (last?.type === 'list') {
      this.#items(last as Tokens.List, columns, lines);
    }
  }

  /** A code block that begins at the start of a line, and not in a list. */
  #fenceStart(): { readonly at: number; readonly end: number; readonly fence: Fence } | undefined {
    let at = 0;
    for (const line of this.#open.split('\n').slice(0, -1)) {
      const [, mark, lang = ''] = FENCE.exec(line) ?? [];
      if (mark !== undefined) return { at, end: at + line.length + 1, fence: { mark, lang: lang.trim().split(/\s/)[0] ?? '' } };
      at += line.length + 1;
    }
    return undefined;
  }

  /** The entries of a list but the last are finished. */
  #items(list: Tokens.List, columns: number, lines: string[]): void {
    const done = list.items.slice(0, -1);
    if (done.length === 0 || !this.#open.startsWith(list.raw.slice(0, 1))) return;
    this.#print([{ ...list, items: done }], columns, lines);
    this.#open = this.#open.slice(done.reduce((sum, { raw }) => sum + raw.length, 0));
  }

  #print(tokens: readonly Token[], columns: number, lines: string[]): void {
    for (const token of tokens) {
      if (token.type === 'space') {
        if ((lines.length > 0 || this.#hasPrinted) && lines.at(-1) !== '') lines.push('');
      } else {
        lines.push(...block(token, columns, this.#theme()));
        if (token.type === 'heading' || (token.raw.endsWith('\n\n') && token.type !== 'list')) lines.push('');
      }
    }
  }
}

function closes(line: string, { mark }: Fence): boolean {
  const trimmed = line.trim();
  return trimmed.length >= mark.length && trimmed === (mark[0] ?? '`').repeat(trimmed.length);
}
