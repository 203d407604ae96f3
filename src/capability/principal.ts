import type { Capability } from './grammar.ts';
import { EffectiveSet } from './effective.ts';
import type { TokenBudget } from './token-budgets.ts';

/** What ties a principal to a token: it holds as long as the token does. */
export interface Bond {
  /** The ids of the token and of those that it was made from, the oldest first. */
  readonly chain: readonly string[];
  /** What the token and those that it was made from may use, over all runs with any of them. */
  readonly budgets: readonly TokenBudget[];
  /** Milliseconds since 1970; from then on it does not hold. */
  readonly expiresAt: number;
  /** Whether it holds at this moment. Throws a TokaError where it does not. */
  check(): void;
}

/** What a principal has of the one that it was narrowed from. */
interface Above extends Pick<Principal, 'bond' | 'budgets' | 'depth' | 'person'> {
  readonly sets: readonly EffectiveSet[];
}

/**
 * Who a run acts for: a verified value that lives inside one process. Only this module can make one, and a narrowed one never holds more
 * than what it was narrowed from.
 */
export class Principal {
  readonly subject: string;
  /** How many runs stand between this one and the person. */
  readonly depth: number;
  /** Absent for a person at the door. */
  readonly bond: Bond | undefined;
  /** The person at the top of the tree, under whose name limits count, whichever token the tree acts with. */
  readonly person: string;
  /** The accounts of the budgets that hold for the tree, by the ids of the runs that opened them. */
  readonly budgets: readonly string[];
  readonly #sets: readonly EffectiveSet[];

  private constructor(subject: string, above: Above) {
    this.subject = subject;
    this.depth = above.depth;
    this.bond = above.bond;
    this.person = above.person;
    this.budgets = above.budgets;
    this.#sets = above.sets;
  }

  /** The person at the door, limited by policy alone. */
  static person(subject: string): Principal {
    return new Principal(subject, { depth: 0, person: subject, budgets: [], sets: [], bond: undefined });
  }

  /** Who came with a token that acts in the name of a person: limited by policy and by what the token says, as long as it holds. */
  static bearer(person: string, set: EffectiveSet, bond: Bond): Principal {
    return new Principal(`${person}/token:${bond.chain.at(-1)}`, { depth: 0, person, budgets: [], sets: [set], bond });
  }

  /** Who came with a token that does not hold: may do nothing, and every use says why. */
  static refused(why: Error): Principal {
    const check = (): never => {
      throw why;
    };
    return new Principal('token', { depth: 0, person: 'token', budgets: [], sets: [new EffectiveSet([])], bond: { chain: [], budgets: [], expiresAt: 0, check } });
  }

  /** A child that may do at most what is in `set`, and in every set above it, and draws on `account` beside those above it. */
  narrow(subject: string, set: EffectiveSet, account?: string): Principal {
    const budgets = account === undefined ? this.budgets : [...this.budgets, account];
    return new Principal(subject, { depth: this.depth + 1, person: this.person, budgets, sets: [...this.#sets, set], bond: this.bond });
  }

  /** The same, who may do at most what is in `set`. */
  within(set: EffectiveSet): Principal {
    return new Principal(this.subject, { depth: this.depth, person: this.person, budgets: this.budgets, sets: [...this.#sets, set], bond: this.bond });
  }

  /**
   * Asked at each use: by a run that begins, by each thing that a running tool uses, by each run that it starts.
   *
   * @throws TokaError Why it does not hold any more: TOKA_TOKEN_EXPIRED, TOKA_TOKEN_REVOKED, …
   */
  check(): void {
    this.bond?.check();
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
