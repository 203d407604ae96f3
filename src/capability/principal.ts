import type { Capability } from './grammar.ts';
import type { EffectiveSet } from './effective.ts';

/**
 * Who a run acts for: a verified value that lives inside one process. Only this module can make one, and a narrowed one never holds more
 * than what it was narrowed from.
 */
export class Principal {
  readonly subject: string;
  /** How many runs stand between this one and the person. */
  readonly depth: number;
  /** The subject at the top of the tree, under whose name limits count. */
  readonly person: string;
  /** The accounts of the budgets that hold for the tree, by the ids of the runs that opened them. */
  readonly budgets: readonly string[];
  readonly #sets: readonly EffectiveSet[];

  private constructor(subject: string, above: { readonly depth: number; readonly person: string; readonly budgets: readonly string[]; readonly sets: readonly EffectiveSet[] }) {
    this.subject = subject;
    this.depth = above.depth;
    this.person = above.person;
    this.budgets = above.budgets;
    this.#sets = above.sets;
  }

  /** The person at the door, limited by policy alone. */
  static person(subject: string): Principal {
    return new Principal(subject, { depth: 0, person: subject, budgets: [], sets: [] });
  }

  /** A child that may do at most what is in `set`, and in every set above it, and draws on `account` beside those above it. */
  narrow(subject: string, set: EffectiveSet, account?: string): Principal {
    const budgets = account === undefined ? this.budgets : [...this.budgets, account];
    return new Principal(subject, { depth: this.depth + 1, person: this.person, budgets, sets: [...this.#sets, set] });
  }

  /** What every set above says of a need: not permitted (`undefined`), or permitted with this restriction. */
  permits(need: Capability): { readonly exceptSecrets: boolean } | undefined {
    let exceptSecrets = false;
    for (const set of this.#sets) {
      const permission = set.covering(need);
      if (!permission) return undefined;
      exceptSecrets ||= permission.exceptSecrets === true;
    }
    return { exceptSecrets };
  }

  /** What the sets above take away from whatever is inherited. */
  get carvedOut(): Capability[] {
    return this.#sets.flatMap((set) => set.carvedOut);
  }
}
