import type { Level } from '../manifest/tool.ts';
import type { Permission } from './effective.ts';
import { glob, matches } from './glob.ts';
import { type Capability, intersects } from './grammar.ts';

/** The source of what a run hands on to those that it starts. */
export const INHERITED = 'parent run';

/** A permission that policy offers, to all tools or to those whose name or qualified name matches a glob. */
export interface Grant extends Permission {
  readonly tools?: readonly string[];
}

/** A permission that policy takes away; it wins over every grant. */
export interface Denial {
  readonly capability: Capability;
  readonly source: string;
  readonly tools?: readonly string[];
  readonly reason?: string;
}

/** A permission that a person is asked for each time, whatever grants it. */
export interface Ask extends Denial {
  /** Only the answer of a person will do, not a flag. */
  readonly isAdministrators: boolean;
}

export interface Policy {
  readonly grants: readonly Grant[];
  readonly asks: readonly Ask[];
  readonly denials: readonly Denial[];
}

/** Why a capability is missing. */
export type Lack =
  /** No rule grants it. */
  | { readonly by: 'policy' }
  /** The built-in grant leaves it out. */
  | { readonly by: 'secret' }
  /** A grant to write the tree around it leaves it out (see protected.ts). */
  | { readonly by: 'protected'; readonly part: string }
  /** It lies in a folder of toka's own, which no run sees. */
  | { readonly by: 'hidden'; readonly folder: string }
  | { readonly by: 'level'; readonly level: Level }
  /** The caller does not have it itself. */
  | { readonly by: 'principal'; readonly subject: string }
  | { readonly by: 'denial'; readonly source: string; readonly reason?: string }
  | { readonly by: 'ask'; readonly source: string; readonly reason?: string; readonly isAdministrators: boolean }
  /** What the tool does is such that it runs only with somebody's word for just this tool. */
  | { readonly by: 'effect'; readonly effect: string; readonly risk: string }
  /** The program starts others in a way that nothing can foresee, and the rule at `source` restricts programs. */
  | { readonly by: 'opaque'; readonly source: string; readonly reason: string };

export interface Missing {
  readonly capability: Capability;
  readonly lack: Lack;
}

const GRANTABLE: readonly Lack['by'][] = ['policy', 'secret', 'protected', 'ask', 'effect'];

/** Whether a person can grant it, by an answer or a flag. */
export function isGrantable({ lack }: Missing): boolean {
  return GRANTABLE.includes(lack.by);
}

/** Whether a rule is for a tool of these names. */
export function concernsTool({ tools }: { readonly tools?: readonly string[] }, names: readonly string[]): boolean {
  return tools === undefined || tools.some((pattern) => names.some((name) => matches(glob(pattern), name)));
}

/** Whether a rule that takes away touches a need. A program that is named by its path is also the program of its name. */
export function touches(rule: Capability, need: Capability): boolean {
  if (intersects(rule, need)) return true;
  const name = need.domain === 'proc' ? /^.*\/([^/]+)$/.exec(need.scope ?? '')?.[1] : undefined;
  return name !== undefined && intersects(rule, { ...need, scope: name });
}
