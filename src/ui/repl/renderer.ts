import { cut, widthOf } from './width.ts';

/** The terminal that is drawn on. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Looks whether it has another size, and tells so where that is the case. */
  look?(): void;
  write(text: string): unknown;
}

/** What stands below all that is finished. */
export interface Frame {
  readonly lines: readonly string[];
  /** Where the person types: a row of `lines`, and a column. */
  readonly cursor?: { readonly row: number; readonly column: number };
}

const NO_FRAME: Frame = { lines: [] };
/** At most sixty frames a second. */
const FRAME_MS = 1000 / 60;
/** A terminal whose edge is being dragged has another size again before it has told of the last one. */
const SETTLE_MS = 60;
const BEGIN = '\u001b[?2026h\u001b[?25l';
const END = '\u001b[?2026l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_RIGHT = '\u001b[K';

/**
 * Owns the screen: a region at the bottom that is drawn anew as it changes, and above it what is finished, which is printed once and
 * scrolls away as any output does. Each frame is one write.
 */
export class Renderer {
  readonly #screen: Screen;
  readonly #compose: (columns: number, rows: number) => Frame;
  #drawn: Frame = NO_FRAME;
  #columns: number;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #settling: NodeJS.Timeout | undefined;
  #last = 0;
  #isPaused = false;

  /** `compose` says what the region holds; each of its lines fits into the columns that it is given. */
  constructor(screen: Screen, compose: (columns: number, rows: number) => Frame) {
    this.#screen = screen;
    this.#compose = compose;
    this.#columns = screen.columns;
  }

  /** Adds finished lines above the region. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#waiting.push(...lines);
    this.refresh();
  }

  /** Draws with the next frame. */
  refresh(): void {
    if (this.#isPaused || this.#timer || this.#soon) return;
    const wait = FRAME_MS - (performance.now() - this.#last);
    if (wait <= 0) this.refreshNow();
    else this.#timer = setTimeout(() => this.draw(), wait);
  }

  /** Draws as soon as all input that has come is read: an echo waits for no frame. */
  refreshNow(): void {
    if (this.#isPaused || this.#soon) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#soon = setImmediate(() => this.draw());
  }

  draw(): void {
    this.#forgetTimers();
    if (this.#isPaused) return;
    // A key may be read before the news of another size.
    this.#screen.look?.();
    if (this.#settling) return;
    this.#last = performance.now();
    const { columns, rows } = this.#screen;
    const next = fitted(this.#compose(columns - 1, Math.max(1, rows - 1)), columns - 1, Math.max(1, rows - 1));
    const printed = this.#waiting.splice(0);
    const text = printed.length > 0 ? this.#above(printed, next) : this.#changed(next);
    this.#drawn = next;
    this.#columns = columns;
    if (text !== '') this.#screen.write(`${BEGIN}${text}${this.#toCursor(next)}${END}`);
  }

  /** The terminal has another size: nothing is drawn until it keeps it. */
  resized(): void {
    if (this.#isPaused) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.settle(), SETTLE_MS);
  }

  /** Draws the region anew, for the size that the terminal has now; what is finished stays as the terminal has laid it out. */
  settle(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    if (this.#isPaused) return;
    this.#screen.write(`${BEGIN}${this.#toTop()}${CLEAR_BELOW}${END}`);
    this.#drawn = NO_FRAME;
    this.draw();
  }

  /** Empties the screen; what has left it stays. */
  clear(): void {
    const { rows } = this.#screen;
    // Scrolling what is shown out of the screen keeps it, which erasing it does not.
    this.#screen.write(`${BEGIN}${this.#toTop()}${CLEAR_BELOW}${'\r\n'.repeat(Math.max(0, rows - 1))}\u001b[H${END}`);
    this.#drawn = NO_FRAME;
    this.draw();
  }

  /** Takes the region away and leaves the terminal to somebody else. */
  pause(): void {
    if (this.#isPaused) return;
    this.#forgetTimers();
    const printed = this.#waiting.splice(0);
    this.#screen.write(`${BEGIN}${this.#toTop()}${CLEAR_BELOW}${printed.map((line) => `${line}\r\n`).join('')}${SHOW_CURSOR}${END}`);
    this.#drawn = NO_FRAME;
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#drawn = NO_FRAME;
    this.#columns = this.#screen.columns;
    this.draw();
  }

  #forgetTimers(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
  }

  #above(printed: readonly string[], next: Frame): string {
    return `${this.#toTop()}${CLEAR_BELOW}${printed.map((line) => `${line}\r\n`).join('')}${next.lines.join('\r\n')}`;
  }

  /** Writes the lines that are others than before; the cursor ends on the last line. */
  #changed(next: Frame): string {
    const before = this.#drawn.lines;
    if (same(this.#drawn, next)) return '';
    const parts = [this.#toTop()];
    let row = 0;
    const to = (target: number): void => {
      // A line feed makes room at the bottom of the screen; moving the cursor down does not.
      parts.push('\r\n'.repeat(target - row));
      row = target;
    };
    for (const [at, line] of next.lines.entries()) {
      if (before[at] === line) continue;
      to(at);
      parts.push('\r', line, CLEAR_RIGHT);
    }
    if (before.length > next.lines.length) {
      to(next.lines.length);
      parts.push('\r', CLEAR_BELOW);
      if (next.lines.length > 0) parts.push('\u001b[A');
      row = Math.max(0, row - 1);
    }
    to(Math.max(row, next.lines.length - 1));
    return parts.join('');
  }

  /** From the cursor to the first column of the region's first line; the terminal may have broken its lines since it was drawn. */
  #toTop(): string {
    const { lines, cursor } = this.#drawn;
    const columns = this.#screen.columns;
    const height = (width: number): number => (columns >= this.#columns ? 1 : Math.max(1, Math.ceil(width / columns)));
    const row = cursor?.row ?? Math.max(0, lines.length - 1);
    const above = lines.slice(0, row).reduce((sum, line) => sum + height(widthOf(line)), 0);
    const within = columns >= this.#columns ? 0 : Math.floor((cursor?.column ?? 0) / columns);
    return `\r${up(above + within)}`;
  }

  /** From the last line of the region to where the person types. */
  #toCursor({ lines, cursor }: Frame): string {
    if (!cursor) return '\r';
    return `${up(lines.length - 1 - cursor.row)}\r${cursor.column > 0 ? `\u001b[${cursor.column}C` : ''}${SHOW_CURSOR}`;
  }
}

function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : '';
}

/** A region that is higher than the screen would leave its upper lines behind. */
function fitted({ lines, cursor }: Frame, columns: number, rows: number): Frame {
  const over = Math.max(0, lines.length - rows);
  const kept = lines.slice(over).map((line) => cut(line, columns));
  if (!cursor) return { lines: kept };
  return { lines: kept, cursor: { row: Math.max(0, cursor.row - over), column: Math.min(cursor.column, columns) } };
}

function same(one: Frame, other: Frame): boolean {
  return (
    one.lines.length === other.lines.length &&
    one.cursor?.row === other.cursor?.row &&
    one.cursor?.column === other.cursor?.column &&
    one.lines.every((line, at) => line === other.lines[at])
  );
}
