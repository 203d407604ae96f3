import type { Budget } from '../../config/config.ts';
import { TokaError } from '../../errors.ts';
import { printAmount } from '../budgets.ts';
import { type Capability, implies, printCapability } from '../grammar.ts';
import type { Authority, Restrictions } from './facts.ts';
import type { Window } from './window.ts';

/** What a chain of blocks comes to. */
export interface Rights {
  readonly subject: string;
  /** Seconds since 1970. */
  readonly issued: number;
  readonly expires: number;
  readonly capabilities: readonly Capability[];
  /** How often it may still be handed on. */
  readonly depth: number;
  /** All of them have to hold. */
  readonly windows: readonly Window[];
  /** The innermost; absent where the token holds everywhere. */
  readonly workspace?: string;
  /** What may be used over all runs; empty where nothing bounds it. */
  readonly budget: Budget;
}

/**
 * Computes what a chain comes to, block by block.
 *
 * @throws TokaError TOKA_TOKEN_WIDENS where a block gives more than the one before it, TOKA_TOKEN_DELEGATION where there should be none.
 */
export function rightsOf({ window, budget = {}, ...authority }: Authority, blocks: readonly Restrictions[]): Rights {
  const first: Rights = { ...authority, budget, windows: window === undefined ? [] : [window] };
  return blocks.reduce((rights, block) => narrowed(rights, block), first);
}

/**
 * What is left of rights after a block.
 *
 * @throws TokaError TOKA_TOKEN_WIDENS, TOKA_TOKEN_DELEGATION
 */
export function narrowed(rights: Rights, { capabilities = rights.capabilities, expires = rights.expires, depth = rights.depth - 1, window, workspace, budget = {} }: Restrictions): Rights {
  if (rights.depth === 0) throw new TokaError('TOKA_TOKEN_DELEGATION', 'the token may not be handed on', { hint: 'ask whoever gave it to you for one that may' });
  const wider = capabilities === rights.capabilities ? undefined : capabilities.find((each) => !rights.capabilities.some((grant) => isCertainlyIn(each, grant)));
  if (wider !== undefined) throw widens(`${printCapability(wider)} is not among its capabilities`);
  if (expires > rights.expires) throw widens('it expires later');
  if (depth > rights.depth - 1) throw widens(`it may be handed on ${depth} times, at most ${rights.depth - 1} are left`);
  if (workspace !== undefined && rights.workspace !== undefined && !isBelow(workspace, rights.workspace)) throw widens(`${workspace} is not in its workspace`);
  const [more] = (Object.keys(budget) as (keyof Budget)[]).filter((name) => (budget[name] ?? 0) > (rights.budget[name] ?? Infinity));
  if (more !== undefined) throw widens(`its budget of ${printAmount(more, budget[more] ?? 0)} is more than ${printAmount(more, rights.budget[more] ?? 0)}`);
  return { ...rights, capabilities, expires, depth, budget: { ...rights.budget, ...budget }, windows: window === undefined ? rights.windows : [...rights.windows, window], ...(workspace === undefined ? {} : { workspace }) };
}

/** Scopes that are made to be hard to compare count as wider. */
function isCertainlyIn(capability: Capability, grant: Capability): boolean {
  try {
    return implies(grant, capability);
  } catch {
    return false;
  }
}

/** Whether a folder is another, or lies below it. */
export function isBelow(folder: string, top: string): boolean {
  return folder === top || folder.startsWith(top === '/' ? top : `${top}/`);
}

function widens(why: string): TokaError {
  return new TokaError('TOKA_TOKEN_WIDENS', `a block of the token gives more than the one before it: ${why}`, {
    hint: 'a token can only be narrowed: ask whoever gave it to you for a wider one',
  });
}
