import type { AssistantPart, JsonObject, JsonValue, ModelMessage } from '@toka/sdk';
import { framed, framedText } from './labels/frame.ts';
import type { LabelledResult, Message, Origin, SaidPart } from '../pipeline/agent/port.ts';

/** A call that a model asks for. */
export type AskedCall = Extract<AssistantPart, { type: 'tool-call' }>;

/** What was said so far, and what of it is new since the run began. */
export class Conversation {
  #messages: Message[];
  readonly #added: Message[] = [];

  constructor(history: readonly Message[]) {
    this.#messages = [...history];
  }

  /** All that goes to the model. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** What has come since the run began, as it came. */
  get added(): readonly Message[] {
    return this.#added;
  }

  /** The origins of all that stands in it. */
  get origins(): ReadonlySet<Origin> {
    return new Set(this.#messages.flatMap((message) => (message.role === 'assistant' ? [] : message.role === 'tool' ? message.results.flatMap(({ origins }) => origins) : message.origins)));
  }

  say(parts: readonly SaidPart[], ...origins: readonly Origin[]): void {
    this.#add({ role: 'user', parts, origins });
  }

  answer(parts: readonly AssistantPart[]): void {
    this.#add({ role: 'assistant', parts });
  }

  results(results: readonly LabelledResult[]): void {
    this.#add({ role: 'tool', results });
  }

  /** Puts a summary in the place of all but the last messages, and after it what the person said, whose word it stays. */
  summarise(text: string, said: readonly SaidPart[], keep: number): void {
    const first = startOf(this.#messages, this.#messages.length - keep);
    const origins = [...this.origins];
    const kept = this.#messages.slice(first);
    this.#messages = [];
    this.#add({ role: 'summary', text, origins });
    if (said.length > 0) this.say(said, 'user');
    for (const message of kept) this.#add(message);
  }

  /** Answers calls that nobody will answer any more: no provider takes a conversation that leaves one open. */
  close(why: string): void {
    const last = this.#messages.at(-1);
    if (last?.role !== 'assistant') return;
    const open = callsIn(last.parts);
    if (open.length > 0) this.results(open.map(({ id, name }) => ({ id, name, output: why, isError: true, origins: ['system'] })));
  }

  #add(message: Message): void {
    this.#messages.push(message);
    this.#added.push(message);
  }
}

export function callsIn(parts: readonly AssistantPart[]): AskedCall[] {
  return parts.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
}

export function textIn(parts: readonly AssistantPart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

/** The messages as a provider takes them. */
export function toModel(messages: readonly Message[]): ModelMessage[] {
  return messages.map((message): ModelMessage => {
    switch (message.role) {
      case 'user':
        return { role: 'user', parts: message.parts.map((part) => (part.type === 'text' ? { type: 'text', text: framedText(part.text, message.origins) } : { type: 'image', mediaType: part.mediaType, data: Buffer.from(part.base64, 'base64') })) };
      case 'assistant':
        return message;
      case 'tool':
        return { role: 'tool', results: message.results.map(({ id, name, origins, output, isError, run = id }) => ({ id, name, output: framed({ name, origins, output, secret: run }), ...(isError === true ? { isError } : {}) })) };
      case 'summary':
        return { role: 'user', parts: [{ type: 'text', text: `What happened before, in short:\n${message.text}` }] };
    }
  });
}

/** A result is never parted from the call that it answers. */
function startOf(messages: readonly Message[], wanted: number): number {
  let first = Math.max(0, wanted);
  while (first < messages.length && messages[first]?.role === 'tool') first += 1;
  return first;
}

/** What a value takes of a prompt, in bytes. */
export function sizeOf(value: JsonValue | JsonObject | readonly unknown[]): number {
  return Buffer.byteLength(JSON.stringify(value));
}
