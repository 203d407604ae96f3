import type { Key } from 'node:readline';
import type { Choice } from './face.ts';
import type { Theme } from './theme.ts';
import { wrap } from './width.ts';

/** A question in the live region: arrows and Enter, or the number of an answer. */
export class ChoiceView {
  readonly #choice: Choice;
  #at: number;

  constructor(choice: Choice) {
    this.#choice = choice;
    this.#at = choice.fallback;
  }

  /** The answer, once there is one. */
  handle({ name = '', ctrl, sequence = '' }: Key): number | undefined {
    const { answers, fallback } = this.#choice;
    if (name === 'up') this.#at = (this.#at - 1 + answers.length) % answers.length;
    else if (name === 'down' || name === 'tab') this.#at = (this.#at + 1) % answers.length;
    else if (name === 'return') return this.#at;
    else if (name === 'escape' || (ctrl === true && (name === 'c' || name === 'd'))) return fallback;
    const number = Number(/^[1-9]$/.exec(sequence)?.[0] ?? 0);
    return number >= 1 && number <= answers.length ? number - 1 : undefined;
  }

  lines(columns: number, theme: Theme): string[] {
    // What a rule would cover is never cut off.
    const answers = this.#choice.answers.flatMap((answer, at) => {
      const [first = '', ...rest] = wrap(answer, columns - 4);
      const text = [`${at === this.#at ? '>' : ' '} ${at + 1} ${first}`, ...rest.map((line) => `    ${line}`)];
      return at === this.#at ? text.map(theme.accent) : text;
    });
    return [...wrap(theme.strong(this.#choice.question), columns), ...answers];
  }
}
