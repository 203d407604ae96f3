import type { JsonObject } from '@toka/sdk';
import type { AgentEvent, Task } from '../../pipeline/agent/port.ts';
import { MarkdownStream } from './markdown/stream.ts';
import type { Theme } from './theme.ts';
import { cut, shown, wrap } from './width.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 120;
const MAX_TASKS = 8;
const MAX_CALLS = 6;

const MARKS: Readonly<Record<string, readonly [string, keyof Omit<Theme, 'name'>]>> = { succeeded: ['✓', 'added'], denied: ['⊘', 'warning'], cancelled: ['–', 'quiet'] };
const TASK_MARKS: Readonly<Record<Task['status'], string>> = { open: '[ ]', doing: '[~]', done: '[x]', failed: '[!]' };

export interface TurnOptions {
  readonly theme: () => Theme;
  readonly columns: () => number;
  /** Adds finished lines. */
  readonly print: (lines: readonly string[]) => void;
}

/** One turn of the agent as a person sees it: what is finished is printed, the rest is laid out for the live region. */
export class TurnView {
  readonly #options: TurnOptions;
  readonly #text: MarkdownStream;
  readonly #calls = new Map<string, string>();
  #tasks: readonly Task[] = [];
  #reasoning = '';
  #output = '';
  #isWaiting = true;
  /** Whether anything of this step was heard. */
  #hasHeard = false;
  #isAfterCall = false;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#text = new MarkdownStream(options.theme);
  }

  /** The calls that go on, for the status line. */
  get running(): string | undefined {
    return [...this.#calls.values()].at(-1)?.split(' ')[0];
  }

  hear(event: AgentEvent): void {
    const { theme } = this.#options;
    switch (event.type) {
      case 'text':
        this.#isWaiting = false;
        this.#hasHeard = true;
        this.#reasoning = '';
        this.#text.push(event.text);
        return;
      case 'reasoning':
        this.#reasoning = `${this.#reasoning}${shown(event.text)}`.slice(-400);
        return;
      case 'restart':
        this.#text.drop();
        return this.#note(theme().warning(`${this.#hasHeard ? 'what it said is void, it comes anew' : 'it is asked again'}: ${shown(event.why)}`));
      case 'step-began':
        this.#isWaiting = true;
        this.#hasHeard = false;
        return;
      case 'step-ended':
        this.#isWaiting = false;
        return this.flush();
      case 'call-began':
        this.flush();
        this.#calls.set(event.id, `${shown(event.tool)} ${paramsText(event.params)}`);
        return;
      case 'call-ended':
        return this.#ended(event);
      case 'tasks':
        this.#tasks = event.tasks;
        return;
      case 'steered':
        this.flush();
        return this.#options.print(['', ...wrap(theme().strong(`> ${shown(event.text)}`), this.#options.columns()), '']);
      case 'compacted':
        return this.#note(theme().quiet(`the conversation was summed up: ${event.before} messages became ${event.after}`));
      case 'notice':
        return this.#note(event.level === 'warn' ? theme().warning(shown(event.message)) : theme().quiet(shown(event.message)));
    }
  }

  /** What a tool writes while it runs. */
  wrote(text: string): void {
    const last = shown(text).trimEnd().split('\n').at(-1) ?? '';
    if (last !== '') this.#output = last;
  }

  /** The lines that have become finished. */
  finished(columns: number): string[] {
    return this.#apart(this.#text.finished(columns));
  }

  /** Prints all text that is there. */
  flush(): void {
    const lines = this.#apart(this.#text.end(this.#options.columns()));
    if (lines.length > 0) this.#options.print(lines.at(-1) === '' ? lines : [...lines, '']);
  }

  end(): void {
    this.flush();
    this.#calls.clear();
    if (this.#tasks.some(({ status }) => status !== 'done')) this.#options.print([...this.#taskLines(), '']);
  }

  /** What goes on, in at most so many lines: the end of the text, the calls, the tasks. */
  lines(columns: number, rows: number): string[] {
    const theme = this.#options.theme();
    const spinner = SPINNER[Math.floor(performance.now() / SPIN_MS) % SPINNER.length] ?? '';
    const calls = [...this.#calls.values()].slice(0, MAX_CALLS).map((call) => cut(`${theme.accent(spinner)} ${call}`, columns));
    if (this.#calls.size > MAX_CALLS) calls.push(theme.quiet(`  and ${this.#calls.size - MAX_CALLS} more`));
    if (calls.length > 0 && this.#output !== '') calls.push(theme.quiet(cut(`  ${this.#output}`, columns)));
    const waits = this.#isWaiting && calls.length === 0 ? [theme.quiet(cut(`${spinner} ${this.#reasoning === '' ? 'waiting for the model' : `thinking: ${lastLine(this.#reasoning)}`}`, columns))] : [];
    const below = [...calls, ...waits, ...this.#taskLines().map((line) => cut(line, columns))].slice(0, Math.max(0, rows));
    const room = rows - below.length;
    const text = room > 0 ? this.#text.unfinished(columns).slice(-room) : [];
    return [...text, ...below];
  }

  /** Text that comes after calls stands apart from them. */
  #apart(lines: string[]): string[] {
    if (!this.#isAfterCall || lines.length === 0) return lines;
    this.#isAfterCall = false;
    return ['', ...lines];
  }

  #ended({ id, tool, status, summary }: Extract<AgentEvent, { type: 'call-ended' }>): void {
    const theme = this.#options.theme();
    this.flush();
    const call = this.#calls.get(id) ?? shown(tool);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#output = '';
    const [mark, style] = MARKS[status] ?? ['✗', 'error'];
    const columns = this.#options.columns();
    const about = shown(summary).trim().replaceAll(/\s+/g, ' ');
    this.#options.print([cut(`${theme[style](mark)} ${call}`, columns), ...(about === '' ? [] : [cut(theme.quiet(`  ${about}`), columns)])]);
    this.#isAfterCall = true;
  }

  #note(text: string): void {
    this.flush();
    this.#options.print(wrap(text, this.#options.columns()));
  }

  #taskLines(): string[] {
    return taskLines(this.#tasks, this.#options.theme(), MAX_TASKS);
  }
}

/** A list of tasks; where it is too long, what is done already goes first. */
export function taskLines(tasks: readonly Task[], theme: Theme, most = Infinity): string[] {
  const over = Math.max(0, tasks.length - most);
  const done = tasks.filter(({ status }) => status === 'done').slice(0, over);
  const seen = tasks.filter((task) => !done.includes(task)).slice(0, most);
  const line = ({ status, title }: Task): string => {
    const text = `${TASK_MARKS[status]} ${shown(title)}`;
    return status === 'done' ? theme.quiet(text) : status === 'doing' ? theme.strong(text) : status === 'failed' ? theme.error(text) : text;
  };
  const hidden = tasks.length - seen.length;
  return [...seen.map(line), ...(hidden > 0 ? [theme.quiet(`    and ${hidden} more`)] : [])];
}

/** Parameters on one line, as people write them. */
export function paramsText(params: JsonObject): string {
  const text = Object.entries(params).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return shown(text.join(' ')).replaceAll(/\s+/g, ' ');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
