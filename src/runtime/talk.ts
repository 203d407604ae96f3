import type { Channel, ChannelFault, ChannelLink } from '../sandbox/plan.ts';
import type { Completion } from './completion.ts';

/** What a program asks that is carried out at once; more waits. Each may have an answer of the largest size. */
const MAX_PARALLEL = 64;

/** What a line holds beside its value. */
export const ENVELOPE = 64 * 1024;

export interface TalkOptions {
  /** The first line to the program. */
  readonly order: string;
  /** Bytes of one of its lines. */
  readonly maxLine: number;
  /** Bytes of what counts as output. */
  readonly maxOutput: number;
  /** How a program that breaks the protocol has failed. */
  readonly failsWith: string;
  /** Takes a line of the program. */
  hear(line: string): void | Promise<void>;
  /** Nothing that it asked is wanted any more. */
  onEnded(): void;
}

/** What toka and a sandboxed program say to each other in one run. */
export class Talk {
  readonly channel: Channel;
  readonly #options: TalkOptions;
  readonly #running = new Set<Promise<void>>();
  #link: ChannelLink | undefined;
  #output = 0;
  #isOver = false;
  #isUnfinished = false;
  #isFlood = false;
  #fault: string | undefined;

  constructor(options: TalkOptions) {
    this.#options = options;
    this.channel = {
      maxLine: options.maxLine,
      onOpen: (link) => {
        this.#link = link;
        void link.write(options.order);
      },
      onLine: async (line) => {
        if (this.#fault === undefined && !this.#isFlood) await options.hear(line);
      },
      onFault: (fault) => this.#hearNothing(fault),
      onEnded: () => this.close(),
    };
  }

  /** Whether the program has what it came for, or has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes of what counted as output. */
  get output(): number {
    return this.#output;
  }

  /** Writes a line, unless nobody waits for it any more. */
  async write(line: string): Promise<void> {
    if (!this.#isOver) await this.#link?.write(line);
  }

  /** Answers with what the work comes to. Where the program asks for more than is carried out at once, it settles when there is room. */
  async answer(work: Promise<string>): Promise<void> {
    const running = work.then(async (line) => this.write(line)).finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#running.size >= MAX_PARALLEL) await Promise.race(this.#running);
  }

  /** All work has come to an end. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Counts output, and ends a program that has more than it may. */
  count(bytes: number): void {
    this.#output += bytes;
    if (this.#output <= this.#options.maxOutput) return;
    this.#isFlood = true;
    this.#stop();
  }

  /** Ends a program that breaks the protocol. */
  fail(what: string): void {
    this.#fault ??= what;
    this.#stop();
  }

  /** Lets the program read the end of its channel. */
  end(): void {
    this.#link?.end();
  }

  /** Nothing more is wanted. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.end();
    this.#options.onEnded();
  }

  /** What came of the run by the talk alone; undefined where that depends on what was said. */
  verdict(completion: Completion): Completion | undefined {
    // What toka ends for a reason of its own is cancelled for the sandbox.
    if (completion.stopped !== undefined && completion.stopped !== 'cancelled') return completion;
    if (this.#isFlood) return { ...completion, exitCode: null, stopped: 'output', truncated: true };
    const { stopped, signal: _, ...ended } = completion;
    if (this.#fault !== undefined) return this.#broken(ended, this.#fault);
    if (stopped !== undefined) return completion;
    return this.#isUnfinished && completion.exitCode === 0 ? this.#broken(completion, 'left its last line without an end') : undefined;
  }

  #broken(completion: Completion, what: string): Completion {
    const { failsWith } = this.#options;
    return failed(completion, { code: failsWith, message: `the program ${what}` });
  }

  #hearNothing(fault: ChannelFault): void {
    if (fault === 'unfinished') this.#isUnfinished = true;
    else this.fail(fault === 'long' ? `wrote a line of more than ${this.#options.maxLine} bytes` : 'wrote what is no UTF-8');
  }

  #stop(): void {
    this.#link?.kill();
    this.close();
  }
}

/** A completion that has failed, whatever its exit code. */
export function failed(completion: Completion, failure: NonNullable<Completion['failure']>): Completion {
  return { ...completion, exitCode: completion.exitCode === null || completion.exitCode === 0 ? 1 : completion.exitCode, failure };
}
