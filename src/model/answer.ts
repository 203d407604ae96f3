import type { AssistantPart, FinishReason, ModelEvent } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import type { ModelUsage } from './port.ts';

/** More than any model says in one turn, in bytes: what goes on longer never ends. */
const MOST_BYTES = 8 * 2 ** 20;

/** An answer as it comes. */
export class Answer {
  readonly parts: AssistantPart[] = [];
  reason: FinishReason = 'stop';
  usage: ModelUsage = {};
  #bytes = 0;

  /** @throws TokaError TOKA_MODEL_REPLY where it does not end. */
  take(event: ModelEvent): void {
    switch (event.type) {
      case 'text':
        this.#grow(event.text.length);
        return this.#text(event.text);
      case 'reasoning':
        this.#grow(event.text.length);
        return this.#reasoning(event);
      case 'tool-call':
        this.#grow(event.name.length + JSON.stringify(event.params).length + (event.malformed?.length ?? 0));
        this.parts.push(event);
        return undefined;
      case 'usage': {
        const { type: _type, ...usage } = event;
        this.usage = usage;
        return undefined;
      }
      case 'finish':
        this.reason = event.reason;
        return undefined;
    }
  }

  #text(text: string): void {
    const last = this.parts.at(-1);
    if (text === '') return;
    if (last?.type === 'text') this.parts[this.parts.length - 1] = { type: 'text', text: last.text + text };
    else this.parts.push({ type: 'text', text });
  }

  /** A part ends with its metadata. */
  #reasoning({ text, metadata }: Extract<ModelEvent, { type: 'reasoning' }>): void {
    const last = this.parts.at(-1);
    const isOpen = last?.type === 'reasoning' && last.metadata === undefined;
    if (!isOpen && text === '' && metadata === undefined) return;
    const part = { type: 'reasoning', text: (isOpen ? last.text : '') + text, ...(metadata === undefined ? {} : { metadata }) } as const;
    if (isOpen) this.parts[this.parts.length - 1] = part;
    else this.parts.push(part);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) throw new TokaError('TOKA_MODEL_REPLY', `expected an answer of at most ${MOST_BYTES} bytes, found one that went on`, { hint: 'ask another model, or with a limit of tokens' });
  }
}
