/**
 * What is wrong with the record:
 * - `changed`: what an event says is not what was recorded; `field` names what, where that can be told
 * - `missing`: an event was taken out, or its place is empty
 * - `inserted`: an event stands there that was never recorded
 * - `moved`: an event stands there that was recorded at position `from`
 * - `restored`: an event has its body again after it was pruned
 * - `unreadable`, `illegal`: it is no event, or cannot follow those before it
 * - `blob-missing`, `blob-changed`: what an event names beside it
 * - `summary`: the summary of a run, which lists show, does not fit its events
 * - `foreign`: something stands beside the events, under the key `field`, that no journal has there
 * - `log`: a node of the log does not fit the leaves below it; `field` names which
 * - `checkpoint`: a checkpoint is not one, or not signed by a known key
 * - `truncated`: a checkpoint covers more events than there are; `position` is the first that is gone
 * - `rewritten`: the events up to position `size` are not those that a checkpoint covers; those up to `from` are
 */
export type Why =
  | 'changed'
  | 'missing'
  | 'inserted'
  | 'moved'
  | 'restored'
  | 'unreadable'
  | 'illegal'
  | 'blob-missing'
  | 'blob-changed'
  | 'summary'
  | 'foreign'
  | 'log'
  | 'checkpoint'
  | 'truncated'
  | 'rewritten';

export interface Finding {
  readonly why: Why;
  /** In the order of all events, from 1. */
  readonly position?: number;
  readonly run?: string;
  /** Of the event in its run, from 1. */
  readonly seq?: number;
  readonly field?: string;
  readonly from?: number;
  /** Of the tree that a checkpoint covers. */
  readonly size?: number;
}

/** What was found out about a whole journal. */
export interface Audit {
  readonly ok: boolean;
  /** How many events were looked at: all there are, unless a thousand findings came before. */
  readonly events: number;
  /** How many of them were pruned: they are known by their hashes alone. */
  readonly pruned: number;
  /** The root over all of them, lower-case hex; null where a part of the log cannot be told any more. */
  readonly root: string | null;
  /** In the order of positions; the first thousand. */
  readonly findings: readonly Finding[];
  /** The size of the largest checkpoint that fits, by which everything up to there is known to be as it was signed; 0 without one. */
  readonly signed: number;
}

/** Nothing further is looked at: who has changed so much has changed everything. */
export const FINDINGS_LIMIT = 1000;
