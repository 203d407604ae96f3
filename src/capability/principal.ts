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
  readonly #sets: readonly EffectiveSet[];

  private constructor(subject: string, depth: number, sets: readonly EffectiveSet[]) {
    this.subject = subject;
    this.depth = depth;
    this.#sets = sets;
  }

  /** The person at the door, limited by policy alone. */
  static person(subject: string): Principal {
    return new Principal(subject, 0, []);
  }

  /** A child that may do at most what is in `set`, and in every set above it. */
  narrow(subject: string, set: EffectiveSet): Principal {
    return new Principal(subject, this.depth + 1, [...this.#sets, set]);
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
