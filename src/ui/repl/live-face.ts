import { emitKeypressEvents, type Interface, type Key } from 'node:readline';
import type { AgentEvent } from '../../pipeline/agent/port.ts';
import { ChoiceView } from './choice-view.ts';
import { Editor } from './editor/editor.ts';
import { commandOf } from './editor/keys.ts';
import { ProjectFiles } from './editor/files.ts';
import type { History } from './editor/history.ts';
import type { Choice, Face, Listener, Surroundings, Waiting } from './face.ts';
import { MarkdownStream } from './markdown/stream.ts';
import { type Frame, Renderer } from './renderer.ts';
import { statusLine } from './status.ts';
import { type Theme, type ThemeName, themeOf } from './theme.ts';
import { TurnView } from './turn-view.ts';
import { cut, shown, wrap } from './width.ts';

/** How long the decoder waits for the rest of a sequence before an Escape is one. */
const ESCAPE_MS = 40;
const SPIN_MS = 120;
/** Keys that come right after a question has appeared were meant for what was being written, or about to be. */
const GRACE_MS = 500;
const MAX_WAITING = 3;
/** A longer question would leave no room in the region: it is printed, and its beginning alone stays there. */
const MAX_ASKED = 4;
/** Ctrl-Z and Ctrl-C come as keys, pastes in brackets. */
const ENTER_MODE = '\u001b[?2004h';
const LEAVE_MODE = '\u001b[?2004l';

export interface LiveOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: string;
  readonly history: History;
  readonly theme: ThemeName;
  readonly color: boolean;
  readonly surroundings: Surroundings;
}

interface Question {
  readonly view: ChoiceView;
  /** Before that, keys are not meant for it. */
  readonly from: number;
  readonly fallback: number;
  readonly answer: (at: number) => void;
}

/** A terminal: what is finished scrolls away, and below it stand what goes on, what is written, and the status. */
export class LiveFace implements Face {
  readonly isAttended = true;
  readonly #options: LiveOptions;
  readonly #renderer: Renderer;
  readonly #editor: Editor;
  readonly #questions: Question[] = [];
  #theme: Theme;
  #turn: TurnView | undefined;
  #spin: NodeJS.Timeout | undefined;
  #isApart = false;
  #waiting: readonly Waiting[] = [];
  /** What was being written when the first of them was asked. */
  #draft = '';
  readonly #asks: { readonly question: string; readonly answer: (text: string | undefined) => void }[] = [];
  #listener: Listener | undefined;
  #done: (() => void) | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    const { stdout, surroundings, history } = options;
    this.#theme = themeOf(options.theme, options.color);
    this.#renderer = new Renderer(
      {
        get columns() {
          return stdout.columns || 80;
        },
        get rows() {
          return stdout.rows || 24;
        },
        look: () => (stdout as NodeJS.WriteStream & { _refreshSize?(): void })._refreshSize?.(),
        write: (text) => stdout.write(text),
      },
      (columns, rows) => this.#compose(columns, rows),
    );
    const files = new ProjectFiles(options.root, () => this.#renderer.refresh());
    this.#editor = new Editor({ history, sources: { commands: surroundings.commands, files: (written) => files.find(written) }, isBusy: surroundings.isBusy, isKept: () => this.#asks.length === 0 });
  }

  get theme(): Theme {
    return this.#theme;
  }

  get columns(): number {
    return (this.#options.stdout.columns || 80) - 1;
  }

  setTheme(name: ThemeName): void {
    this.#theme = themeOf(name, this.#options.color);
    this.#renderer.refresh();
  }

  print(lines: readonly string[]): void {
    this.#turn?.flush();
    this.#add(lines);
  }

  note(lines: readonly string[]): void {
    this.print(lines);
  }

  markdown(text: string): void {
    const stream = new MarkdownStream(() => this.#theme);
    stream.push(text);
    this.print(stream.end(this.columns));
  }

  begin(): void {
    this.#turn = new TurnView({ theme: () => this.#theme, columns: () => this.columns, print: (lines) => this.#add(lines) });
    this.#spin = setInterval(() => this.#renderer.refresh(), SPIN_MS);
    this.#renderer.refresh();
  }

  hear(event: AgentEvent): void {
    this.#turn?.hear(event);
    this.#renderer.refresh();
  }

  wrote(text: string): void {
    this.#turn?.wrote(text);
  }

  end(): void {
    clearInterval(this.#spin);
    this.#giveUp();
    this.#turn?.end();
    this.#turn = undefined;
    this.#renderer.refresh();
  }

  setWaiting(waiting: readonly Waiting[]): void {
    this.#waiting = waiting;
    this.#renderer.refresh();
  }

  async choose(choice: Choice): Promise<number> {
    this.print(choice.details.flatMap((line) => wrap(line, this.columns)));
    return new Promise((resolve) => {
      this.#questions.push({ view: new ChoiceView(choice), from: performance.now() + (choice.isSudden ? GRACE_MS : 0), fallback: choice.fallback, answer: resolve });
      this.#renderer.refresh();
    });
  }

  async ask(question: string): Promise<string | undefined> {
    const lines = wrap(question, this.columns);
    if (lines.length > MAX_ASKED) this.print(['', ...lines, '']);
    const short = lines.length > MAX_ASKED ? `${lines.find((line) => line !== '') ?? ''} …` : question;
    return new Promise((resolve) => {
      if (this.#asks.length === 0) {
        this.#draft = this.#editor.text;
        this.#editor.text = '';
      }
      this.#asks.push({ question: short, answer: resolve });
      this.#renderer.refresh();
    });
  }

  async listen(listener: Listener): Promise<void> {
    const { stdin, stdout } = this.#options;
    this.#listener = listener;
    emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_MS } as Interface & { escapeCodeTimeout: number });
    const resize = (): void => this.#renderer.resized();
    const key = (text: string | undefined, pressed: Key): void => this.#key(text, pressed);
    const resume = (): void => this.#enter();
    const gone = (): void => listener.ended();
    stdin.on('keypress', key).on('end', gone).on('error', gone);
    stdout.on('resize', resize);
    process.on('SIGCONT', resume);
    this.#enter();
    await new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    stdin.off('keypress', key).off('end', gone);
    stdout.off('resize', resize);
    process.off('SIGCONT', resume);
    this.#leave();
    stdin.pause();
  }

  close(): void {
    this.#turn?.flush();
    this.#giveUp();
    this.#done?.();
  }

  /** Nobody answers any more what is asked. */
  #giveUp(): void {
    for (const { answer, fallback } of this.#questions.splice(0)) answer(fallback);
    while (this.#asks.length > 0) this.#answered(undefined);
  }

  /** One empty line between things is enough. */
  #add(lines: readonly string[]): void {
    const apart = lines[0] === '' && this.#isApart ? lines.slice(1) : lines;
    if (apart.length > 0) this.#isApart = apart.at(-1) === '';
    this.#renderer.print(apart);
  }

  #enter(): void {
    const { stdin, stdout } = this.#options;
    stdin.setRawMode(true);
    stdin.resume();
    stdout.write(ENTER_MODE);
    this.#renderer.resume();
  }

  #leave(): void {
    this.#renderer.pause();
    this.#options.stdout.write(LEAVE_MODE);
    try {
      this.#options.stdin.setRawMode(false);
    } catch {
      // The terminal has gone, and its mode with it.
    }
  }

  #key(text: string | undefined, key: Key): void {
    const [question] = this.#questions;
    const isMeant = question && !this.#isOfEditor(key) && performance.now() >= question.from;
    if (isMeant) this.#answer(question, key);
    else this.#edit(text, key);
    this.#renderer.refreshNow();
  }

  /** What is pasted answers no question, and none keeps the person from the shell or from an empty screen. */
  #isOfEditor(key: Key): boolean {
    const command = commandOf(key);
    return this.#editor.isPasting || command === 'paste-start' || command === 'suspend' || command === 'redraw';
  }

  #answer(question: Question, key: Key): void {
    const at = question.view.handle(key);
    if (at === undefined) return;
    this.#questions.shift();
    question.answer(at);
  }

  #edit(text: string | undefined, key: Key): void {
    const action = this.#editor.handle(text, key);
    switch (action?.type) {
      case 'sent':
      case 'queued':
        return this.#said(action.text, action.type);
      case 'interrupt':
        if (this.#asks.length > 0) return this.#answered(undefined);
        return this.#listener?.interrupted();
      case 'escape':
        if (this.#asks.length > 0) return this.#answered(undefined);
        return this.#listener?.stopped();
      case 'end':
        return this.#listener?.ended();
      case 'suspend':
        this.#leave();
        process.kill(0, 'SIGTSTP');
        return;
      case 'redraw':
        return this.#renderer.clear();
      case 'edit':
        return void this.#editOutside();
      case undefined:
    }
  }

  #said(text: string, how: 'sent' | 'queued'): void {
    if (this.#asks.length > 0) this.#answered(text);
    else this.#listener?.said(text, how);
  }

  #answered(text: string | undefined): void {
    const asked = this.#asks.shift();
    this.#editor.text = this.#asks.length > 0 ? '' : this.#draft;
    asked?.answer(text);
  }

  async #editOutside(): Promise<void> {
    this.#leave();
    this.#options.stdin.pause();
    try {
      const { editOutside } = await import('./editor/outside.ts');
      this.#editor.text = await editOutside(this.#editor.text, this.#options.env);
    } catch (error) {
      this.print([this.#theme.error(error instanceof Error ? error.message : String(error))]);
    } finally {
      this.#enter();
    }
  }

  #compose(columns: number, rows: number): Frame {
    const finished = this.#turn?.finished(columns) ?? [];
    this.#add(finished);
    const theme = this.#theme;
    const status = rows > 4 ? [statusLine(this.#options.surroundings.status(), columns, theme)] : [];
    const waiting = this.#waiting.slice(0, MAX_WAITING).map(({ text, how }) => theme.quiet(cut(`${how === 'steers' ? 'at the next step' : 'after this turn'}: ${shown(text).replaceAll('\n', ' ')}`, columns)));
    const [question] = this.#questions;
    const [ask] = this.#asks;
    const asked = ask ? wrap(theme.strong(ask.question), columns) : [];
    const most = Math.max(1, Math.min(rows - status.length - waiting.length - asked.length - 1, Math.ceil(rows / 2)));
    const input = question ? { lines: question.view.lines(columns, theme) } : this.#editor.view(columns, most, theme);
    const below = [...waiting, ...asked, ...input.lines, ...status];
    const above = this.#turn?.lines(columns, Math.max(0, rows - below.length - 1)) ?? [];
    const gap = above.length > 0 ? [''] : [];
    const first = above.length + gap.length + waiting.length + asked.length;
    const lines = [...above, ...gap, ...below];
    return 'row' in input ? { lines, cursor: { row: first + input.row, column: input.column } } : { lines };
  }
}
