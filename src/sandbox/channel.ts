import { isUtf8 } from 'node:buffer';
import type { Channel, ChannelFault } from './plan.ts';
import { drain } from './source.ts';
import { type ChannelStreams, taken } from './streams.ts';

const LINE_END = 0x0a;

/** A channel that nobody serves: what is written there is read and dropped. */
const UNSERVED: Channel = { maxLine: Infinity, onOpen: (link) => link.end(), onLine: () => undefined, onFault: () => undefined, onEnded: () => undefined };

export interface OpenChannel {
  /** The program's end is closed and all its lines have been accepted. */
  readonly done: Promise<void>;
  /** Every process has ended. */
  ended(): void;
}

/** Carries lines between a program and whoever serves its channel. */
export function openChannel({ lines, replies }: ChannelStreams, channel = UNSERVED, kill: () => void): OpenChannel {
  channel.onOpen({
    write: async (line) => {
      if (!lines.destroyed && !lines.writableEnded) await taken(lines, `${line}\n`);
    },
    end: () => lines.end(),
    kill,
  });
  return { done: readLines(replies, channel), ended: channel.onEnded };
}

/** Reads lines, each accepted before the next is looked at, until there is what is none. */
async function readLines(replies: ChannelStreams['replies'], { maxLine, onLine, onFault }: Channel): Promise<void> {
  const lines = new Lines(maxLine);
  let fault: ChannelFault | undefined;
  await drain(replies, async (chunk) => {
    for (const line of lines.of(chunk)) {
      if (typeof line === 'string') {
        await onLine(line);
        continue;
      }
      fault = line.fault;
      onFault(fault);
      // Whoever still writes is told that nobody reads.
      replies.destroy();
      return;
    }
  });
  if (!fault && lines.isUnfinished) onFault('unfinished');
}

/** Takes bytes apart into lines. */
class Lines {
  readonly #maxLine: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  get isUnfinished(): boolean {
    return this.#length > 0;
  }

  *of(chunk: Buffer): Generator<string | { readonly fault: ChannelFault }> {
    let at = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, at)) {
      this.#add(chunk.subarray(at, end));
      at = end + 1;
      yield this.#take();
    }
    this.#add(chunk.subarray(at));
    if (this.#length > this.#maxLine) yield { fault: 'long' };
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #take(): string | { readonly fault: ChannelFault } {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    if (bytes.length > this.#maxLine) return { fault: 'long' };
    return isUtf8(bytes) ? bytes.toString('utf8') : { fault: 'encoding' };
  }
}
