import type { Level } from '../manifest/tool.ts';
import { EffectiveSet, permits, type Permission } from './effective.ts';
import { type Capability, implies, intersects } from './grammar.ts';
import { glob, matches } from './glob.ts';
import type { Principal } from './principal.ts';

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

export interface Policy {
  readonly grants: readonly Grant[];
  readonly denials: readonly Denial[];
}

/** Why a capability is missing: no rule grants it, the level excludes it, the parent lacks it, or a rule denies it. */
export type Lack =
  | { readonly by: 'policy' }
  | { readonly by: 'secret' }
  | { readonly by: 'level'; readonly level: Level }
  | { readonly by: 'principal'; readonly subject: string }
  | { readonly by: 'denial'; readonly source: string; readonly reason?: string };

export interface Missing {
  readonly capability: Capability;
  readonly lack: Lack;
}

export interface Needs {
  readonly required: readonly Capability[];
  readonly optional: readonly Capability[];
}

export interface Decision {
  readonly effective: EffectiveSet;
  /** Required, not in force: the run is denied. */
  readonly missing: readonly Missing[];
  /** Optional, not in force: the tool is told. */
  readonly fallen: readonly Missing[];
}

export interface Question {
  readonly needs: Needs;
  readonly level: Level;
  readonly policy: Policy;
  readonly principal: Principal;
  /** Name and qualified name. */
  readonly toolNames: readonly string[];
}

/** effective = (required ∪ optional) ∩ level ∩ policy ∩ principal, need by need. All capabilities anchored. */
export function authorize(question: Question): Decision {
  const { policy, toolNames } = question;
  const grants = policy.grants.filter((rule) => concerns(rule, toolNames));
  const denials = policy.denials.filter((rule) => concerns(rule, toolNames));
  const permissions: Permission[] = [];
  const settle = (need: Capability, partly: boolean): Missing[] => {
    const lack = excluded(need, question) ?? denied(need, denials);
    if (lack) return [{ capability: need, lack }];
    const inherited = question.principal.permits(need);
    if (!inherited) return [{ capability: need, lack: { by: 'principal', subject: question.principal.subject } }];
    const found = offered(need, grants, partly).map((each) => (inherited.exceptSecrets ? { ...each, exceptSecrets: true } : each));
    if (found.length === 0) return [{ capability: need, lack: { by: isSecretOnly(need, grants) ? 'secret' : 'policy' } }];
    permissions.push(...found);
    return [];
  };
  const missing = question.needs.required.flatMap((need) => settle(need, false));
  const fallen = question.needs.optional.flatMap((need) => settle(need, true));
  const carvedOut = [...denials.map(({ capability }) => capability), ...question.principal.carvedOut];
  return { effective: new EffectiveSet(permissions, carvedOut), missing, fallen };
}

function excluded(need: Capability, { level }: Question): Lack | undefined {
  return need.domain === 'net' && level !== 'elevated' ? { by: 'level', level } : undefined;
}

/** A denial of part of a tree is carved out of the effective set; any other touch denies the whole need. */
function denied(need: Capability, denials: readonly Denial[]): Lack | undefined {
  const denial = denials.find(({ capability }) =>
    need.domain === 'fs' ? implies(capability, need) : intersects(capability, need),
  );
  if (!denial) return undefined;
  return { by: 'denial', source: denial.source, ...(denial.reason === undefined ? {} : { reason: denial.reason }) };
}

/** What the grants offer of a need: the whole of it, or for an optional one the grants that lie within it. */
function offered(need: Capability, grants: readonly Grant[], partly: boolean): Permission[] {
  const whole = grants.find((grant) => permits(grant, need));
  if (whole) return [permission(need, whole)];
  if (!partly) return [];
  return grants.filter(({ capability }) => implies(need, capability)).map((grant) => permission(grant.capability, grant));
}

function permission(capability: Capability, { source, exceptSecrets }: Grant): Permission {
  return { capability, source, ...(exceptSecrets === true ? { exceptSecrets } : {}) };
}

function isSecretOnly(need: Capability, grants: readonly Grant[]): boolean {
  return grants.some(({ capability, exceptSecrets }) => exceptSecrets === true && implies(capability, need));
}

/** Whether a rule holds for a tool of these names. */
export function concerns({ tools }: { readonly tools?: readonly string[] }, names: readonly string[]): boolean {
  return tools === undefined || tools.some((pattern) => names.some((name) => matches(glob(pattern), name)));
}
