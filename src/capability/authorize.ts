import type { Level } from '../manifest/tool.ts';
import { type Consent, EffectiveSet, permits, type Permission, placeOf } from './effective.ts';
import { type Capability, implies } from './grammar.ts';
import type { Needs } from './needs.ts';
import { type Ask, concernsTool, type Denial, type Grant, INHERITED, type Lack, type Missing, type Policy, touches } from './policy.ts';
import type { Principal } from './principal.ts';
import { protectedPart } from './protected.ts';

/** How one need was decided. */
export interface Verdict {
  readonly capability: Capability;
  readonly isOptional: boolean;
  /** What asks for it: what its manifest declares, what toka starts for it, what it does, or that a run calls it. */
  readonly from: 'manifest' | 'program' | 'effect' | 'call';
  /** What is in force of it. */
  readonly granted: readonly Permission[];
  /** Why it is not. */
  readonly lack?: Lack;
}

export interface Decision {
  readonly effective: EffectiveSet;
  /** Required, not in force: the run is denied. */
  readonly missing: readonly Missing[];
  /** Optional, not in force: the tool is told. */
  readonly fallen: readonly Missing[];
  /** Every need, in the order in which they were decided. */
  readonly verdicts: readonly Verdict[];
}

export interface Question {
  readonly needs: Needs;
  readonly level: Level;
  readonly policy: Policy;
  readonly principal: Principal;
  /** Absolute paths of folders that no run may see. */
  readonly hidden: readonly string[];
  /** Name and qualified name. */
  readonly toolNames: readonly string[];
}

/** The rules that concern the tool. */
interface Rules extends Policy {
  /** Whether a rule that takes away touches a need, also by the file that a program really is. */
  touches(rule: Denial, need: Capability): boolean;
}

/** effective = (required ∪ optional) ∩ level ∩ policy ∩ principal, need by need. All capabilities anchored. */
export function authorize(question: Question): Decision {
  const { needs, principal } = question;
  const rules = rulesFor(question);
  const decided = [...needs.required.map((need) => settle(need, false, question, rules)), ...needs.optional.map((need) => settle(need, true, question, rules))];
  const verdicts = [...(needs.called === undefined ? [] : called(needs.called, principal, rules)), ...(needs.consent === undefined ? [] : [consented(needs.consent, rules)]), ...decided];
  const carvedOut = [...rules.denials.map(({ capability }) => capability), ...principal.carvedOut];
  return {
    effective: new EffectiveSet(decided.flatMap(({ granted }) => granted), carvedOut),
    missing: lacking(verdicts, false),
    fallen: lacking(verdicts, true),
    verdicts,
  };
}

function rulesFor({ needs, policy: { grants, asks, denials }, toolNames }: Question): Rules {
  return {
    grants: grants.filter((rule) => concernsTool(rule, toolNames)),
    asks: asks.filter((rule) => concernsTool(rule, toolNames)),
    denials: denials.filter((rule) => concernsTool(rule, toolNames)),
    touches: ({ capability: rule }, need) => {
      if (touches(rule, need)) return true;
      const real = rule.domain === 'proc' ? needs.starts.find((start) => start.capability === need)?.real() : undefined;
      return real !== undefined && touches(rule, real);
    },
  };
}

function settle(capability: Capability, isOptional: boolean, question: Question, rules: Rules): Verdict {
  const { needs, principal } = question;
  const from = needs.starts.some((start) => start.capability === capability) ? 'program' : 'manifest';
  const lacks = (lack: Lack): Verdict => ({ capability, isOptional, from, granted: [], lack });
  const lack = excluded(capability, question) ?? denied(capability, rules) ?? obscured(capability, needs, rules);
  if (lack) return lacks(lack);
  const inherited = principal.permits(capability);
  if (!inherited) return lacks({ by: 'principal', subject: principal.subject });
  const found = offered(capability, rules.grants, isOptional).map((each) => (inherited.exceptSecrets ? { ...each, exceptSecrets: true } : each));
  if (found.length === 0) return lacks(ungranted(capability, rules.grants));
  const unasked = asked(capability, rules);
  return unasked ? lacks(unasked) : { capability, isOptional, from, granted: found };
}

/** Only a grant for just this tool counts, not one that happens to cover it. Nothing is in force by it: it permits no use. */
function consented({ capability, effect, risk }: NonNullable<Needs['consent']>, rules: Rules): Verdict {
  const grant = rules.grants.find((each) => each.capability.scope !== undefined && implies(each.capability, capability) && implies(capability, each.capability));
  const lack: Lack | undefined = denied(capability, rules) ?? (grant ? asked(capability, rules) : { by: 'effect', effect, risk });
  const granted = grant && !lack ? [permission(capability, grant)] : [];
  return { capability, isOptional: false, from: 'effect', granted, ...(lack ? { lack } : {}) };
}

/** A run calls what it may call. Nothing is in force by it: what is called may not call itself for that. */
function called(capability: Capability, principal: Principal, rules: Rules): Verdict[] {
  const lack: Lack | undefined = principal.permits(capability) ? denied(capability, rules) : { by: 'principal', subject: principal.subject };
  return lack ? [{ capability, isOptional: false, from: 'call', granted: [], lack }] : [];
}

function lacking(verdicts: readonly Verdict[], optional: boolean): Missing[] {
  return verdicts.flatMap(({ capability, isOptional, lack }) => (lack && isOptional === optional ? [{ capability, lack }] : []));
}

function excluded(need: Capability, { level, hidden }: Question): Lack | undefined {
  if (need.domain === 'net' && level !== 'elevated') return { by: 'level', level };
  const place = need.domain === 'fs' ? placeOf(need) : undefined;
  const folder = hidden.find((path) => place === path || place?.startsWith(`${path}/`));
  return folder === undefined ? undefined : { by: 'hidden', folder };
}

/** A denial of part of a tree is carved out of the effective set; any other touch denies the whole need. */
function denied(need: Capability, rules: Rules): Lack | undefined {
  const denial = rules.denials.find((rule) => (need.domain === 'fs' ? implies(rule.capability, need) : rules.touches(rule, need)));
  return denial ? { by: 'denial', ...because(denial) } : undefined;
}

/** A program that starts others nobody can foresee gets past every rule about programs, so that with such a rule it does not start. */
function obscured(need: Capability, { opaque }: Needs, { asks, denials }: Rules): Lack | undefined {
  if (opaque === undefined || need !== opaque.capability) return undefined;
  const rule = [...denials, ...asks].find(({ capability }) => capability.domain === 'proc');
  return rule ? { by: 'opaque', source: rule.source, reason: opaque.reason } : undefined;
}

/** The rule that wants it asked, where nobody has answered yet. */
function asked(need: Capability, rules: Rules): Lack | undefined {
  const ask = rules.asks.find((rule) => rules.touches(rule, need) && !isSatisfied(rule, need, rules.grants));
  return ask ? { by: 'ask', ...because(ask), isAdministrators: ask.isAdministrators } : undefined;
}

function because({ source, reason }: Denial): { readonly source: string; readonly reason?: string } {
  return { source, ...(reason === undefined ? {} : { reason }) };
}

/** By the answer of a person; by a flag where it is not the administrator who wants to know; never by a rule. */
function isSatisfied(rule: Ask, need: Capability, grants: readonly Grant[]): boolean {
  const enough: readonly (Consent | undefined)[] = rule.isAdministrators ? ['answer'] : ['answer', 'flag'];
  // What was agreed to for a parent was not agreed to for a child that a rule names.
  const isFor = ({ source }: Grant): boolean => rule.tools === undefined || source !== INHERITED;
  return grants.some((grant) => enough.includes(grant.consent) && isFor(grant) && permits(grant, need));
}

/** What the grants offer of a need: the whole of it, or for an optional one the grants that lie within it. */
function offered(need: Capability, grants: readonly Grant[], partly: boolean): Permission[] {
  const whole = grants.find((grant) => permits(grant, need));
  if (whole) return [permission(need, whole)];
  if (!partly) return [];
  return grants.filter(({ capability }) => implies(need, capability)).map((grant) => permission(grant.capability, grant));
}

function permission(capability: Capability, { source, reason, exceptSecrets, consent }: Grant): Permission {
  return { capability, source, ...(reason === undefined ? {} : { reason }), ...(exceptSecrets === true ? { exceptSecrets } : {}), ...(consent === undefined ? {} : { consent }) };
}

/** Why no grant offers anything of a need: those around it leave it out, or there are none. */
function ungranted(need: Capability, grants: readonly Grant[]): Lack {
  const around = grants.filter(({ capability }) => implies(capability, need));
  if (around.length === 0) return { by: 'policy' };
  if (around.some(({ exceptSecrets }) => exceptSecrets === true)) return { by: 'secret' };
  return { by: 'protected', part: protectedPart(placeOf(need) ?? '') ?? '' };
}
