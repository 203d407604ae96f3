import { createInterface, type Interface } from 'node:readline';
import type { AgentEvent } from '../../pipeline/agent/port.ts';
import type { Output } from '../output.ts';
import type { Choice, Face, Listener, Waiting } from './face.ts';
import { MarkdownStream } from './markdown/stream.ts';
import { type Theme, themeOf } from './theme.ts';
import { paramsText, taskLines } from './turn-view.ts';
import { shown } from './width.ts';

export interface LineOptions {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether a person reads it, by a screen reader for instance: then they are asked, and all goes to stdout. */
  readonly isAttended: boolean;
}

/** The terminal breaks lines itself, and a program wants them whole. */
const COLUMNS = 10_000;

/** Lines alone: nothing is drawn twice, nothing moves. For pipes, and for screen readers. */
export class LineFace implements Face {
  readonly theme: Theme = themeOf('plain', false);
  readonly columns = COLUMNS;
  readonly isAttended: boolean;
  readonly #options: LineOptions;
  readonly #text = new MarkdownStream(() => this.theme);
  #reader: Interface | undefined;
  readonly #asks: ((text: string | undefined) => void)[] = [];

  constructor(options: LineOptions) {
    this.#options = options;
    this.isAttended = options.isAttended;
  }

  setTheme(): void {
    // There is one alone: no colours.
  }

  print(lines: readonly string[]): void {
    this.#flush();
    this.#options.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  note(lines: readonly string[]): void {
    this.#flush();
    const { stdout, stderr, isAttended } = this.#options;
    (isAttended ? stdout : stderr).write(lines.map((line) => `${line}\n`).join(''));
  }

  markdown(text: string): void {
    this.print([shown(text).trimEnd()]);
  }

  begin(): void {
    if (this.isAttended) this.note(['working']);
  }

  hear(event: AgentEvent): void {
    if (event.type === 'text') this.#hearText(event.text);
    else if (event.type === 'restart') this.#text.drop();
    else this.#hearOther(event);
  }

  wrote(): void {
    // What tools write stands in their results.
  }

  end(): void {
    this.#giveUp();
    this.#flush();
    if (this.isAttended) this.note(['done']);
  }

  setWaiting(waiting: readonly Waiting[]): void {
    const last = waiting.at(-1);
    if (last && this.isAttended) this.note([last.how === 'steers' ? 'will be said at the next step' : 'will be said after this turn']);
  }

  async choose({ details, question, answers, fallback }: Choice): Promise<number> {
    this.note([...details, question, ...answers.map((answer, at) => `${at + 1} ${answer}`)]);
    if (!this.isAttended) return fallback;
    const text = await this.ask(`number, 1 to ${answers.length}; nothing is ${fallback + 1}`);
    const number = Number(text?.trim());
    return Number.isInteger(number) && number >= 1 && number <= answers.length ? number - 1 : fallback;
  }

  async ask(question: string): Promise<string | undefined> {
    if (!this.isAttended) return undefined;
    this.note([`${question}:`]);
    return new Promise((resolve) => {
      this.#asks.push(resolve);
    });
  }

  async listen(listener: Listener): Promise<void> {
    const { stdin, isAttended } = this.#options;
    const reader = createInterface({ input: stdin, terminal: false, ...(isAttended ? {} : { crlfDelay: Infinity }) });
    this.#reader = reader;
    const interrupt = (): void => {
      const asked = this.#asks.shift();
      if (asked) asked(undefined);
      else listener.interrupted();
    };
    process.on('SIGINT', interrupt);
    reader.on('line', (line) => {
      const asked = this.#asks.shift();
      if (asked) asked(line);
      else if (line.trim() !== '') listener.said(line, isAttended ? 'sent' : 'queued');
    });
    await new Promise<void>((resolve) => void reader.once('close', resolve));
    process.off('SIGINT', interrupt);
    this.#giveUp();
    listener.ended();
  }

  /** Nobody answers any more what is asked. */
  #giveUp(): void {
    for (const answer of this.#asks.splice(0)) answer(undefined);
  }

  close(): void {
    this.#reader?.close();
  }

  #hearText(text: string): void {
    this.#text.push(text);
    const lines = this.#text.finished(COLUMNS);
    if (lines.length > 0) this.#options.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  #hearOther(event: Exclude<AgentEvent, { type: 'text' | 'restart' }>): void {
    switch (event.type) {
      case 'call-began':
        return this.note([`calls ${shown(event.tool)} ${paramsText(event.params)}`]);
      case 'call-ended':
        return this.note([`${shown(event.tool)} ${event.status}${event.summary === '' ? '' : `: ${shown(event.summary).split('\n')[0]}`}`]);
      case 'tasks':
        return this.isAttended ? this.note(taskLines(event.tasks, this.theme)) : undefined;
      case 'notice':
        return this.note([shown(event.message)]);
      case 'step-ended':
        return this.#flush();
      case 'step-began':
      case 'reasoning':
      case 'steered':
      case 'compacted':
    }
  }

  #flush(): void {
    const lines = this.#text.end(COLUMNS);
    if (lines.length > 0) this.#options.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
}
