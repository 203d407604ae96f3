import type { Command } from './keys.ts';
import type { History } from './history.ts';

/** The search backwards through what was said before, as Ctrl-R starts it. */
export class Search {
  readonly #history: History;
  #query = '';
  #hit: { readonly at: number; readonly text: string } | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  get prompt(): string {
    return this.#query;
  }

  get found(): string | undefined {
    return this.#hit?.text;
  }

  /** `found`: what was found is to be edited; `sent`: it is to be sent as it is. */
  handle(command: Command | undefined, text: string | undefined): 'goes on' | 'given up' | 'found' | 'sent' {
    if (command === undefined) this.#look(this.#query + (text ?? ''));
    else if (command === 'delete-left') this.#look(this.#query.slice(0, -1));
    else if (command === 'search') this.#hit = this.#history.search(this.#query, this.#hit?.at) ?? this.#hit;
    else if (command === 'escape' || command === 'interrupt' || command === 'edit') return 'given up';
    else return command === 'send' ? 'sent' : 'found';
    return 'goes on';
  }

  #look(query: string): void {
    this.#query = query;
    this.#hit = query === '' ? undefined : this.#history.search(query);
  }
}
