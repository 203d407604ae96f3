import type { AssistantPart, JsonValue, ModelEvent, ModelMessage } from '@toka/sdk';
import { MASKED } from '../manifest/secret-parts.ts';

/** Shorter values are found in whatever is written. */
const MIN_LENGTH = 8;

/** How keys of services look. */
const SHAPES = /\b(?:sk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|(?:gsk_|xai-|hf_|r8_|pplx-)[A-Za-z0-9_-]{16,}|Bearer\s+[A-Za-z0-9._~+/=-]{12,})/g;

/** Takes keys out of what is said and of what is told. */
export class Redactor {
  readonly #keys: readonly string[];

  constructor(keys: readonly (string | undefined)[]) {
    this.#keys = keys.filter((key) => key !== undefined && key.length >= MIN_LENGTH) as string[];
  }

  /** For messages of errors: known keys, and whatever looks like one. */
  told(text: string): string {
    return this.#known(text).replaceAll(SHAPES, MASKED);
  }

  /** For the conversation: known keys alone, since whatever looks like one there may be what the work is about. */
  messages(messages: readonly ModelMessage[]): readonly ModelMessage[] {
    return this.#isNeeded(JSON.stringify(messages, withoutBytes)) ? messages.map((message) => this.#message(message)) : messages;
  }

  /** The same for what comes back, in pieces: the end of a text is held until it is known not to begin a key. */
  stream(): (event: ModelEvent) => ModelEvent[] {
    if (this.#keys.length === 0) return (event) => [event];
    let held: { readonly type: 'text' | 'reasoning'; readonly text: string } | undefined;
    return (event) => {
      const isText = event.type === 'text' || event.type === 'reasoning';
      const before = held && (!isText || held.type !== event.type) ? [{ type: held.type, text: held.text }] : [];
      if (!isText) {
        held = undefined;
        return [...before, event.type === 'tool-call' ? this.#part(event) : event];
      }
      const text = this.#known((held?.type === event.type ? held.text : '') + event.text);
      const isOpen = !('metadata' in event);
      const kept = isOpen ? this.#beginning(text) : 0;
      held = kept > 0 ? { type: event.type, text: text.slice(text.length - kept) } : undefined;
      const now = { ...event, text: text.slice(0, text.length - kept) };
      return [...before, ...(now.text === '' && isOpen ? [] : [now])];
    };
  }

  #known(text: string): string {
    return this.#keys.reduce((rest, key) => rest.replaceAll(key, MASKED), text);
  }

  #isNeeded(text: string): boolean {
    return this.#keys.some((key) => text.includes(JSON.stringify(key).slice(1, -1)));
  }

  /** How many letters at the end may begin a key. */
  #beginning(text: string): number {
    return Math.max(0, ...this.#keys.map((key) => {
      for (let length = Math.min(key.length - 1, text.length); length > 0; length -= 1) if (key.startsWith(text.slice(text.length - length))) return length;
      return 0;
    }));
  }

  #message(message: ModelMessage): ModelMessage {
    switch (message.role) {
      case 'system':
        return { ...message, text: this.#known(message.text) };
      case 'user':
        return { ...message, parts: message.parts.map((part) => (part.type === 'text' ? { ...part, text: this.#known(part.text) } : part)) };
      case 'assistant':
        return { ...message, parts: message.parts.map((part) => this.#part(part)) };
      case 'tool':
        return { ...message, results: message.results.map((result) => ({ ...result, output: this.#json(result.output) })) };
    }
  }

  #part(part: AssistantPart): AssistantPart {
    if (part.type !== 'tool-call') return { ...part, text: this.#known(part.text) };
    return { ...part, params: this.#json(part.params) as typeof part.params, ...(part.malformed === undefined ? {} : { malformed: this.#known(part.malformed) }) };
  }

  #json(value: JsonValue): JsonValue {
    const text = JSON.stringify(value);
    return this.#isNeeded(text) ? (JSON.parse(this.#keys.reduce((rest, key) => rest.replaceAll(JSON.stringify(key).slice(1, -1), MASKED), text)) as JsonValue) : value;
  }
}

function withoutBytes(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? null : value;
}
