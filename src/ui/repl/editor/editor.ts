import type { Key } from 'node:readline';
import type { Theme } from '../theme.ts';
import { cut, shown, widthOf } from '../width.ts';
import { Buffer } from './buffer.ts';
import { complete, type Completion, type Sources } from './completion.ts';
import type { History } from './history.ts';
import { type Command, commandOf } from './keys.ts';
import { layOut } from './layout.ts';
import { Search } from './search.ts';

/** What a key asks of the one who owns the editor; what concerns the text alone is done here. */
export type Action =
  | { readonly type: 'sent' | 'queued'; readonly text: string }
  | { readonly type: 'interrupt' | 'escape' | 'end' | 'suspend' | 'redraw' | 'edit' };

export interface EditorOptions {
  readonly history: History;
  readonly sources: Sources;
  /** Whether what is written is to be found in history. */
  readonly isKept: () => boolean;
  /** Whether a turn goes on: what is written can then wait for its end. */
  readonly isBusy: () => boolean;
}

export interface EditorView {
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
}

const MENU_ROWS = 6;
const PROMPT = '> ';

/** Where a person writes: several lines, history, search, completion, and the keys of Emacs. */
export class Editor {
  readonly #buffer = new Buffer();
  readonly #options: EditorOptions;
  #pasted: string[] | undefined;
  #hasPrefix = false;
  #search: Search | undefined;
  #chosen = 0;
  #hasMoved = false;
  #isMenuClosed = false;

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /** All that is written, pieces unfolded. */
  get text(): string {
    return this.#buffer.whole;
  }

  set text(text: string) {
    this.#buffer.set(text);
    this.#resetMenu();
  }

  get isEmpty(): boolean {
    return this.#buffer.text === '';
  }

  /** Whether a paste has begun and not ended. */
  get isPasting(): boolean {
    return this.#pasted !== undefined;
  }

  handle(text: string | undefined, key: Key): Action | undefined {
    const command = commandOf(key);
    if (this.#pasted) return this.#paste(this.#pasted, command, key);
    if (command === 'paste-start') this.#pasted = [];
    else if (this.#hasPrefix) return this.#afterPrefix(key);
    else if (this.#search) return this.#searchOn(this.#search, command, text);
    else if (command === undefined) this.#type(text ?? '');
    else return this.#carryOut(command);
    return undefined;
  }

  view(columns: number, rows: number, theme: Theme): EditorView {
    if (this.#search) {
      const { prompt, found } = this.#search;
      const label = `(search) ${shown(prompt)}: `;
      return { lines: [cut(`${theme.accent(label)}${shown(found ?? '').split('\n')[0] ?? ''}`, columns)], row: 0, column: Math.min(columns, widthOf(label) - 2) };
    }
    const laid = layOut(this.#buffer, Math.max(1, columns - PROMPT.length), Math.max(1, rows));
    const lines = laid.lines.map((line, at) => `${at === 0 ? theme.accent(PROMPT) : '  '}${line}`);
    return { lines: [...lines, ...this.#menu(columns, rows - lines.length, theme)], row: laid.row, column: laid.column + PROMPT.length };
  }

  #paste(pasted: string[], command: Command | undefined, key: Key): undefined {
    if (command === 'paste-end') {
      this.#pasted = undefined;
      this.#buffer.paste(pasted.join(''));
      this.#resetMenu();
    } else {
      pasted.push(key.sequence ?? '');
    }
  }

  #afterPrefix({ name, ctrl }: Key): Action | undefined {
    this.#hasPrefix = false;
    return name === 'e' && ctrl === true ? { type: 'edit' } : undefined;
  }

  #searchOn(search: Search, command: Command | undefined, text: string | undefined): Action | undefined {
    const next = search.handle(command, text);
    if (next === 'goes on') return undefined;
    this.#search = undefined;
    if (next === 'given up') return undefined;
    this.text = search.found ?? this.text;
    return next === 'sent' ? this.#send('sent') : undefined;
  }

  #type(text: string): void {
    this.#buffer.insert(text);
    this.#resetMenu();
  }

  #carryOut(command: Command): Action | undefined {
    switch (command) {
      case 'send':
        return this.#enter();
      case 'newline':
        this.#type('\n');
        return undefined;
      case 'queue-or-newline':
        if (this.#options.isBusy()) return this.#send('queued');
        this.#type('\n');
        return undefined;
      case 'tab':
        return this.#tab();
      case 'tab-back':
        this.#choose(-1);
        return undefined;
      case 'up':
        if (!this.#choose(-1)) this.#up();
        return undefined;
      case 'down':
        if (!this.#choose(1)) this.#down();
        return undefined;
      case 'escape':
        if (!this.#completion()) return { type: 'escape' };
        this.#isMenuClosed = true;
        return undefined;
      case 'end':
        if (this.isEmpty) return { type: 'end' };
        this.#buffer.deleteRight();
        return undefined;
      case 'interrupt':
      case 'suspend':
      case 'redraw':
      case 'edit':
        return { type: command };
      case 'search':
        this.#search = new Search(this.#options.history);
        return undefined;
      case 'prefix':
        this.#hasPrefix = true;
        return undefined;
      default:
        this.#edit(command);
        return undefined;
    }
  }

  #edit(command: Command): void {
    const { history } = this.#options;
    const isEdit = EDITS[command];
    if (isEdit) isEdit(this.#buffer);
    else if (command === 'older') this.#recall(history.older(this.text));
    else if (command === 'newer') this.#recall(history.newer());
    this.#resetMenu();
  }

  #enter(): Action | undefined {
    const { text, cursor } = this.#buffer;
    if (this.#hasMoved && this.#completion()) {
      this.#accept();
      return undefined;
    }
    if (text[cursor - 1] === '\\') {
      this.#buffer.replace(cursor - 1, cursor, '\n');
      return undefined;
    }
    return this.#send('sent');
  }

  #send(type: 'sent' | 'queued'): Action | undefined {
    const text = this.text;
    if (text.trim() === '') return undefined;
    if (this.#options.isKept()) this.#options.history.add(text);
    this.text = '';
    return { type, text };
  }

  #tab(): Action | undefined {
    if (this.#completion()) this.#accept();
    else if (this.#options.isBusy()) return this.#send('queued');
    else this.#isMenuClosed = false;
    return undefined;
  }

  #up(): void {
    if (!this.#buffer.up()) this.#recall(this.#options.history.older(this.text));
  }

  #down(): void {
    if (!this.#buffer.down()) this.#recall(this.#options.history.newer());
  }

  #recall(text: string | undefined): void {
    if (text === undefined) return;
    this.text = text;
    // What comes from history is no word that is being written.
    this.#isMenuClosed = true;
  }

  #completion(): Completion | undefined {
    return this.#isMenuClosed ? undefined : complete(this.#buffer.text, this.#buffer.cursor, this.#options.sources);
  }

  /** False where there is nothing to choose from. */
  #choose(step: number): boolean {
    const count = this.#completion()?.options.length ?? 0;
    if (count < 2) return false;
    this.#chosen = (this.#chosen + step + count) % count;
    this.#hasMoved = true;
    return true;
  }

  #accept(): void {
    const found = this.#completion();
    const option = found?.options[Math.min(this.#chosen, found.options.length - 1)];
    if (!found || !option) return;
    this.#buffer.replace(found.start, found.end, option.text);
    this.#resetMenu();
    this.#isMenuClosed = !option.text.endsWith(' ');
  }

  #resetMenu(): void {
    this.#chosen = 0;
    this.#hasMoved = false;
    this.#isMenuClosed = false;
  }

  #menu(columns: number, rows: number, theme: Theme): string[] {
    const options = this.#completion()?.options ?? [];
    const room = Math.min(MENU_ROWS, rows);
    const first = Math.max(0, Math.min(this.#chosen - room + 1, options.length - room));
    const seen = options.slice(first, first + Math.max(0, room));
    const width = Math.max(0, ...seen.map(({ text }) => widthOf(shown(text))));
    return seen.map(({ text, hint = '' }, at) => {
      const name = shown(text);
      const line = `  ${name}${hint === '' ? '' : ' '.repeat(width - widthOf(name) + 2)}${shown(hint)}`;
      return at + first === this.#chosen ? theme.accent(cut(line, columns)) : theme.quiet(cut(line, columns));
    });
  }
}

const EDITS: Partial<Record<Command, (buffer: Buffer) => void>> = {
  left: (buffer) => buffer.left(),
  right: (buffer) => buffer.right(),
  'word-left': (buffer) => buffer.wordLeft(),
  'word-right': (buffer) => buffer.wordRight(),
  'line-start': (buffer) => buffer.lineStart(),
  'line-end': (buffer) => buffer.lineEnd(),
  'delete-left': (buffer) => buffer.deleteLeft(),
  'delete-right': (buffer) => buffer.deleteRight(),
  'kill-word-left': (buffer) => buffer.killWordLeft(),
  'kill-blank-left': (buffer) => buffer.killBlankLeft(),
  'kill-word-right': (buffer) => buffer.killWordRight(),
  'kill-to-start': (buffer) => buffer.killToStart(),
  'kill-to-end': (buffer) => buffer.killToEnd(),
  yank: (buffer) => buffer.yank(),
};
