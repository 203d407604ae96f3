import { type Capability, implies, printCapability, scopeGlob } from './grammar.ts';
import { matches } from './glob.ts';
import { protectedPart } from './protected.ts';
import { isSecretBearing } from './secrets.ts';

/** How a person agreed to just this run: by an answer to a question, or by a flag. */
export type Consent = 'answer' | 'flag';

/** A permission in force and where it came from. */
export interface Permission {
  readonly capability: Capability;
  /** `built-in`, `flag`, `command line`, `asked`, `session`, `parent run`, or the place of the rule as `file:line`. */
  readonly source: string;
  /** Why its rule says so. */
  readonly reason?: string;
  readonly consent?: Consent;
  /** Leaves out secret-bearing files (see secrets.ts). */
  readonly exceptSecrets?: boolean;
}

/** What a run may do: permissions less what is taken away. Immutable; every use is checked against it. */
export class EffectiveSet {
  readonly permissions: readonly Permission[];
  /** Parts of the permissions that a denial carves out. */
  readonly carvedOut: readonly Capability[];

  constructor(permissions: readonly Permission[], carvedOut: readonly Capability[] = []) {
    this.permissions = permissions;
    this.carvedOut = carvedOut;
  }

  /** Whether one plain thing (an absolute path, a program name, a variable) may be used so. */
  allows(domain: Capability['domain'], action: string, value: string): boolean {
    if (this.carvedOut.some((denied) => concerns(denied, domain, action, value))) return false;
    return this.permissions.some(
      ({ capability, exceptSecrets }) =>
        concerns(capability, domain, action, value) && !(exceptSecrets === true && isSecretBearing(value)) && reaches(capability, value),
    );
  }

  /** The permission that covers a whole capability; what is carved out of it stays carved out for whoever inherits it. */
  covering(need: Capability): Permission | undefined {
    return this.permissions.find((permission) => permits(permission, need));
  }

  print(): string[] {
    return this.permissions.map(({ capability }) => printCapability(capability));
  }
}

/** Whether a permission covers a need: one that leaves out secrets covers none asked for by name, one to write a tree nothing protected in it. */
export function permits({ capability, exceptSecrets }: Permission, need: Capability): boolean {
  if (!implies(capability, need)) return false;
  const place = placeOf(need);
  return place === undefined || (reaches(capability, place) && !(exceptSecrets === true && isSecretBearing(place)));
}

/** The file or folder that a need names, or where what it names begins. */
export function placeOf(need: Capability): string | undefined {
  if (need.scope === undefined) return undefined;
  const scope = scopeGlob(need);
  return scope.tree ?? scope.prefix;
}

/** A grant to write a tree does not reach what other programs obey in it (see protected.ts), unless its own beginning names it. */
function reaches(capability: Capability, place: string): boolean {
  if (capability.domain !== 'fs' || capability.action !== 'write') return true;
  const part = protectedPart(place);
  return part === undefined || scopeGlob(capability).prefix.startsWith(part);
}

function concerns(capability: Capability, domain: Capability['domain'], action: string, value: string): boolean {
  return capability.domain === domain && capability.action === action && matches(scopeGlob(capability), value);
}
