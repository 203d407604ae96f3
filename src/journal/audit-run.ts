import { TokaError } from '../errors.ts';
import type { HexHasher, Join } from './audit-tree.ts';
import { timesHash } from './chain.ts';
import type { RunEvent, RunPruned } from './events.ts';
import type { Why } from './findings.ts';
import { parseSummary, printSummary } from './keys.ts';
import { describeFault, isOfKnownType } from './limits.ts';
import { HASH_BYTES } from './merkle.ts';
import { reduce, type RunState } from './reducer.ts';
import { stateHash } from './replay.ts';
import { upcast } from './upcast.ts';

const GENESIS_HEX = '0'.repeat(2 * HASH_BYTES);

/** Follows one run through its events. */
export class RunCheck {
  readonly run: string;
  /** The seq of the last event. */
  count = 0;
  /** Where the last event stands. */
  position = 0;
  /** The chain so far; undefined where it cannot be told. */
  hash: string | undefined = GENESIS_HEX;
  /** The hash that is stored with the last event, where that is another one. */
  #stored: string | undefined;
  #state: RunState | undefined;
  /** Whether all events so far were there and as recorded: only then it can be said what they amount to. */
  #isWhole = true;
  /** How many events have an empty body, and the hash over their times. */
  emptied = 0;
  #times = '';
  #pruned: { readonly event: RunPruned; readonly time: number } | undefined;
  readonly #link: Join;

  constructor(run: string, link: Join) {
    this.run = run;
    this.#link = link;
  }

  get isFinished(): boolean {
    return this.#state?.finishedAt !== undefined || this.isPruned;
  }

  /** Whether it says that its events were forgotten. */
  get isPruned(): boolean {
    return this.#pruned !== undefined;
  }

  /** Whether all its events are empty, while their times are not those that it had when it was pruned. */
  get hasOtherTimes(): boolean {
    return this.#pruned !== undefined && this.#pruned.event.events === this.emptied && this.#pruned.event.timesHash !== this.#times;
  }

  /** The chain with further leaves. */
  chained(leaves: readonly (string | undefined)[], from: string | undefined = this.hash): string | undefined {
    let hash = from;
    for (const leaf of leaves) {
      if (hash === undefined || leaf === undefined) return undefined;
      hash = this.#link(hash, leaf);
    }
    return hash;
  }

  /** Follows the chain to the next event. Returns whether its hash fits: one that is wrong is said once, whichever way the next one goes on. */
  follow(leaf: string | undefined, stored: string): boolean {
    const next = this.chained([leaf]);
    const fits = next === undefined || next === stored || (this.#stored !== undefined && this.chained([leaf], this.#stored) === stored);
    this.hash = fits ? stored : next;
    this.#stored = fits ? undefined : stored;
    return fits;
  }

  /** Goes on behind events that are not there as they were recorded. */
  skip(to: number, position: number, hash: string | undefined): void {
    this.#isWhole = false;
    this.#stored = undefined;
    this.count = to;
    this.position = position;
    this.hash = hash;
  }

  /** Takes the next event, whose body is empty. */
  acceptEmptied(seq: number, position: number, time: number, hash: HexHasher): void {
    this.count = seq;
    this.position = position;
    this.emptied += 1;
    this.#times = timesHash(this.#times, time, hash);
  }

  /**
   * Takes the next event, which is as recorded.
   *
   * @param event Undefined where it cannot be read.
   * @returns What is wrong with it all the same.
   */
  accept(seq: number, position: number, time: number, event: RunEvent | undefined): Why | undefined {
    this.count = seq;
    this.position = position;
    if (event?.type === 'run.pruned') return this.#prune(event, seq, time);
    if (this.isPruned) return 'illegal';
    if (this.emptied > 0) return event === undefined ? 'unreadable' : undefined;
    if (!this.#isWhole) return undefined;
    const wrong = event === undefined ? 'unreadable' : this.#advance(event, time);
    this.#isWhole = wrong === undefined;
    return wrong;
  }

  /** Who asked for the run, as far as that is known. */
  get parent(): string | undefined {
    return this.#isWhole ? this.#state?.parent : undefined;
  }

  /** Whether a summary says what the events amount to, as far as that is known. */
  fits(text: string): boolean {
    if (this.#pruned) return this.#fitsPruned(text, this.#pruned);
    const [hash, state] = [this.hash, this.#state];
    if (this.#isWhole && hash !== undefined && state && text === printSummary({ head: this.count, hash, state })) return true;
    const summary = parseSummary(text);
    if (summary?.head !== this.count || (hash !== undefined && summary.hash !== hash && summary.hash !== this.#stored)) return false;
    return !this.#isWhole || this.emptied > 0 || JSON.stringify(summary.state) === JSON.stringify(state);
  }

  /** It is all that is left of what the events amounted to, which is known by its hash. */
  #fitsPruned(text: string, { event, time }: { readonly event: RunPruned; readonly time: number }): boolean {
    const summary = parseSummary(text);
    if (summary?.head !== this.count || (this.hash !== undefined && summary.hash !== this.hash)) return false;
    const { prunedAt, ...state } = summary.state;
    if (prunedAt !== time || stateHash({ seq: event.events, state }) !== event.stateHash) return false;
    this.#state = state;
    return true;
  }

  #prune(event: RunPruned, seq: number, time: number): Why | undefined {
    if (this.isPruned || event.events !== seq - 1) return 'illegal';
    this.#pruned = { event, time };
    return undefined;
  }

  #advance(event: RunEvent, time: number): Why | undefined {
    try {
      this.#state = reduce(this.#state, event, time);
      return undefined;
    } catch (error) {
      if (describeFault(event) !== undefined) return 'unreadable';
      if (error instanceof TokaError) return 'illegal';
      throw error;
    }
  }
}

/** Reads a stored event; undefined where the text is not one. */
export function parse(body: string): RunEvent | undefined {
  const event = parseRecorded(body);
  return event === undefined || describeFault(event) !== undefined ? undefined : event;
}

/** Reads an event that is as it was recorded, so that its fields were checked then; undefined where the text is not an event. */
export function parseRecorded(body: string): RunEvent | undefined {
  try {
    const value = upcast(JSON.parse(body));
    return isOfKnownType(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
