/** Stand for pasted pieces in the text: letters of a private plane, which nobody types. */
const FIRST_PIECE = 0x10_0000;
const PIECE = /[\u{100000}-\u{10fffd}]/gu;
/** A paste that is longer is shown folded. */
const MAX_LINES = 8;
const MAX_LETTERS = 1000;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const WORD = /[\p{L}\p{N}_]/u;

/** What a person is writing, and where in it they are. Positions are those of `text`. */
export class Buffer {
  #text = '';
  #cursor = 0;
  #killed = '';
  #pieces: string[] = [];

  /** With one letter for each folded piece. */
  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** All that was written and pasted. */
  get whole(): string {
    return this.#text.replaceAll(PIECE, (letter) => this.#piece(letter) ?? '');
  }

  /** What is shown instead of a letter that stands for a piece. */
  fold(letter: string): string | undefined {
    const piece = this.#piece(letter);
    if (piece === undefined) return undefined;
    const lines = piece.split('\n').length;
    return `[pasted ${lines > 1 ? `${lines.toLocaleString('en')} lines` : `${piece.length.toLocaleString('en')} letters`}]`;
  }

  set(text: string, cursor = text.length): void {
    this.#text = clean(text);
    this.#cursor = Math.min(cursor, this.#text.length);
    this.#pieces = [];
  }

  insert(text: string): void {
    this.#splice(this.#cursor, this.#cursor, clean(text));
  }

  paste(pasted: string): void {
    const text = clean(pasted.replaceAll(/\r\n?/g, '\n'));
    if (text.length <= MAX_LETTERS && text.split('\n').length <= MAX_LINES) this.#splice(this.#cursor, this.#cursor, text);
    else this.#splice(this.#cursor, this.#cursor, String.fromCodePoint(FIRST_PIECE + this.#pieces.push(text) - 1));
  }

  /** Puts a text into the place of what stands between two positions. */
  replace(start: number, end: number, text: string): void {
    this.#splice(start, end, clean(text));
  }

  left(): void {
    this.#cursor = this.#before(this.#cursor);
  }

  right(): void {
    this.#cursor = this.#after(this.#cursor);
  }

  wordLeft(): void {
    this.#cursor = this.#wordStart();
  }

  wordRight(): void {
    this.#cursor = this.#wordEnd();
  }

  lineStart(): void {
    this.#cursor = this.#text.lastIndexOf('\n', this.#cursor - 1) + 1;
  }

  lineEnd(): void {
    this.#cursor = this.#endOfLine();
  }

  /** To the same place of the line above; false where there is none. */
  up(): boolean {
    const start = this.#text.lastIndexOf('\n', this.#cursor - 1) + 1;
    if (start === 0) return false;
    const above = this.#text.lastIndexOf('\n', start - 2) + 1;
    this.#cursor = Math.min(above + this.#cursor - start, start - 1);
    return true;
  }

  down(): boolean {
    const start = this.#text.lastIndexOf('\n', this.#cursor - 1) + 1;
    const next = this.#endOfLine() + 1;
    if (next > this.#text.length) return false;
    const end = this.#text.indexOf('\n', next);
    this.#cursor = Math.min(next + this.#cursor - start, end === -1 ? this.#text.length : end);
    return true;
  }

  deleteLeft(): void {
    this.#splice(this.#before(this.#cursor), this.#cursor, '');
  }

  deleteRight(): void {
    this.#splice(this.#cursor, this.#after(this.#cursor), '');
  }

  killWordLeft(): void {
    this.#kill(this.#wordStart(), this.#cursor);
  }

  /** Back to white space, as Ctrl-W does in shells. */
  killBlankLeft(): void {
    const before = this.#text.slice(0, this.#cursor);
    this.#kill(before.length - (/\S*\s*$/.exec(before)?.[0].length ?? 0), this.#cursor);
  }

  killWordRight(): void {
    this.#kill(this.#cursor, this.#wordEnd());
  }

  killToStart(): void {
    this.#kill(this.#text.lastIndexOf('\n', this.#cursor - 1) + 1, this.#cursor);
  }

  killToEnd(): void {
    const end = this.#endOfLine();
    this.#kill(this.#cursor, end === this.#cursor ? Math.min(end + 1, this.#text.length) : end);
  }

  yank(): void {
    this.#splice(this.#cursor, this.#cursor, this.#killed);
  }

  #piece(letter: string): string | undefined {
    return this.#pieces[(letter.codePointAt(0) ?? 0) - FIRST_PIECE];
  }

  #kill(start: number, end: number): void {
    if (start === end) return;
    this.#killed = this.#text.slice(start, end);
    this.#splice(start, end, '');
  }

  #splice(start: number, end: number, text: string): void {
    this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#cursor = start + text.length;
  }

  #before(at: number): number {
    // A grapheme is short: looking at all that was pasted each time would take long.
    const from = Math.max(0, at - 64);
    return from + ([...graphemes.segment(this.#text.slice(from, at))].at(-1)?.index ?? 0);
  }

  #after(at: number): number {
    const [first] = graphemes.segment(this.#text.slice(at, at + 64));
    return at + (first?.segment.length ?? 0);
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && !WORD.test(this.#text[at - 1] ?? '')) at -= 1;
    while (at > 0 && WORD.test(this.#text[at - 1] ?? '')) at -= 1;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#text.length && !WORD.test(this.#text[at] ?? '')) at += 1;
    while (at < this.#text.length && WORD.test(this.#text[at] ?? '')) at += 1;
    return at;
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#cursor);
    return end === -1 ? this.#text.length : end;
  }
}

function clean(text: string): string {
  return text.replaceAll(PIECE, '').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
