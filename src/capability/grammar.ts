import { posix } from 'node:path';
import { TokaError } from '../errors.ts';
import { ALIASES, expandAlias } from '../manifest/aliases.ts';
import { nearest } from '../manifest/nearest.ts';
import { escapeGlob, glob, isSubset, overlaps, type Glob } from './glob.ts';
import { containsEndpoint, meetsEndpoint, parseEndpoint, printEndpoint } from './hosts.ts';
import { canonicalGlob, disguises, scopeFault } from './scope.ts';

/** The actions of each domain; only `fs` scopes are paths. */
const DOMAINS = {
  agent: ['spawn'],
  env: ['read'],
  fs: ['read', 'write'],
  model: ['call'],
  net: ['connect'],
  proc: ['exec'],
  tool: ['call'],
} as const satisfies Record<string, readonly string[]>;

/** One permission: an action in a domain, on everything (no scope) or on what the scope's glob matches. */
export interface Capability {
  readonly domain: keyof typeof DOMAINS;
  readonly action: string;
  readonly scope?: string;
}

/**
 * Parses whatever may be written for a capability: `domain:action[:scope]`, or one of the longer names, which stand for one or more.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID
 */
export function parseCapabilities(text: string): Capability[] {
  return expandAlias(text).map((each) => parseCapability(each));
}

/**
 * Parses `domain:action[:scope]` into its one spelling: what means the same prints alike, file scopes once they are anchored.
 *
 * @example parseCapability("proc:exec:git") // { domain: "proc", action: "exec", scope: "git" }
 * @throws TokaError TOKA_CAPABILITY_INVALID
 */
export function parseCapability(text: string): Capability {
  const [domain = '', action = '', ...rest] = text.split(':');
  if (!isDomain(domain)) throw unknownDomain(text, domain, rest.length > 0 || action !== '');
  const actions: readonly string[] = DOMAINS[domain];
  if (!actions.includes(action)) throw invalid(text, `${quote(action)} is not an action of ${domain} (${actions.join(', ')})`);
  if (rest.length === 0) return { domain, action };
  const scope = domain === 'net' ? endpointScope(rest.join(':')) : globScope(text, domain, rest.join(':'));
  return scope === undefined ? { domain, action } : { domain, action, scope };
}

/** `undefined` where it names every host at every port. */
function endpointScope(text: string): string | undefined {
  const scope = printEndpoint(parseEndpoint(text));
  return scope === '*' ? undefined : scope;
}

/** `undefined` where it matches everything; of paths none does: a relative one starts somewhere. */
function globScope(text: string, domain: Capability['domain'], scope: string): string | undefined {
  const isPath = domain === 'fs';
  const fault = scopeFault(scope, isPath || domain === 'proc');
  if (fault !== undefined) throw invalid(text, fault);
  const canonical = canonicalGlob(scope, isPath);
  return canonical === '**' && !isPath ? undefined : canonical;
}

/** Prints a capability in the form that `parseCapability` reads. */
export function printCapability({ domain, action, scope }: Capability): string {
  return scope === undefined ? `${domain}:${action}` : `${domain}:${action}:${scope}`;
}

/** The same for people, with a word on what in it may look like something else. */
export function showCapability(capability: Capability): string {
  const hidden = disguises(capability.scope ?? '');
  return `${printCapability(capability)}${hidden.length === 0 ? '' : ` (with ${hidden.join(', ')})`}`;
}

export interface Anchors {
  /** What relative file scopes start at. */
  readonly root: string;
  /** What `~` stands for. */
  readonly home: string;
  /** Follows symlinks of the longest part that exists; scopes are compared by where they really lead. */
  realPath(path: string): string;
  /** Whether there is a folder at that real path: to name it is to name its tree. */
  isFolder(path: string): boolean;
}

/**
 * Makes a file scope absolute, follows the symlinks in its plain beginning, and takes the name of a folder for its tree; other capabilities
 * stay as they are.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID if `..` follows a wildcard.
 */
export function anchor(capability: Capability, { root, home, realPath, isFolder }: Anchors): Capability {
  if (capability.domain !== 'fs' || capability.scope === undefined) return capability;
  const { scope } = capability;
  const absolute = scope.startsWith('/') ? scope : /^~(\/|$)/.test(scope) ? escapeGlob(home) + scope.slice(1) : `${escapeGlob(root)}/${scope}`;
  const segments = absolute.split('/');
  const wild = segments.findIndex((segment) => isWild(segment));
  const plain = posix.normalize(unescapeGlob((wild === -1 ? segments : segments.slice(0, wild)).join('/')) || '/');
  const tail = wild === -1 ? [] : segments.slice(wild);
  if (tail.some((segment) => unescapeGlob(segment) === '..')) throw invalid(printCapability(capability), 'a scope cannot go up (..) after a wildcard');
  const real = realPath(plain.length > 1 ? plain.replace(/\/$/, '') : plain);
  const below = tail.length === 0 && isFolder(real) ? ['**'] : tail.filter((segment) => segment !== '.' && segment !== '');
  const folder = escapeGlob(real === '/' ? '' : real);
  return { ...capability, scope: below.length === 0 ? escapeGlob(real) : canonicalGlob(`${folder}/${below.join('/')}`, true) };
}

/**
 * Anchors the capability of a grant. Whoever can write to the project could widen a grant within it by a symlink, so one that leads out is
 * refused: the place it leads to can be granted by its own name.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID also if a symlink leads the scope out of the root that it names a place in
 */
export function anchorGrant(capability: Capability, anchors: Anchors): Capability {
  const anchored = anchor(capability, anchors);
  if (capability.domain !== 'fs' || capability.scope === undefined) return anchored;
  const named = anchor(capability, { ...anchors, realPath: (path) => path, isFolder: () => false });
  const { root, realPath } = anchors;
  if (!startsBelow(named, root) || startsBelow(anchored, root) || startsBelow(anchored, realPath(root))) return anchored;
  throw new TokaError('TOKA_CAPABILITY_INVALID', `${printCapability(capability)} is led out of ${root} by a symlink, to ${anchored.scope}`, {
    hint: `if that is meant, grant it by its own name: ${printCapability(anchored)}`,
  });
}

function startsBelow(capability: Capability, root: string): boolean {
  const { tree, prefix } = scopeGlob(capability);
  const place = tree ?? prefix;
  return place === root || place.startsWith(root === '/' ? root : `${root}/`);
}

/**
 * Whether all that `need` permits is permitted by `grant`. Both anchored. No action implies another: `fs:write` does not imply `fs:read`;
 * what implies something is the same without a scope, or with a scope that all of the other lies in.
 */
export function implies(grant: Capability, need: Capability): boolean {
  if (grant.domain !== need.domain || grant.action !== need.action) return false;
  if (grant.scope === undefined) return true;
  // Every path of the machine lies below its root, so that the root's tree and no scope are the same.
  if (need.scope === undefined) return need.domain === 'fs' && isSubset(glob('/**'), scopeGlob(grant));
  if (need.domain === 'net') return containsEndpoint(parseEndpoint(grant.scope), parseEndpoint(need.scope));
  return isSubset(scopeGlob(need), scopeGlob(grant));
}

/** Whether some permission is in both. Both anchored. */
export function intersects(a: Capability, b: Capability): boolean {
  if (a.domain !== b.domain || a.action !== b.action) return false;
  if (a.scope === undefined || b.scope === undefined) return true;
  if (a.domain === 'net') return meetsEndpoint(parseEndpoint(a.scope), parseEndpoint(b.scope));
  return overlaps(scopeGlob(a), scopeGlob(b));
}

/** The compiled scope; a missing one matches everything. That of `net` matches `host:port` in the spelling of hosts.ts. */
export function scopeGlob({ domain, scope }: Capability): Glob {
  if (scope === undefined) return glob('**');
  return glob(domain === 'net' && !/:\d+$/.test(scope) ? `${scope}:*` : scope);
}

function isDomain(text: string): text is keyof typeof DOMAINS {
  return Object.hasOwn(DOMAINS, text);
}

function isWild(segment: string): boolean {
  return /[*?]/.test(segment.replaceAll(/\\./g, ''));
}

function unescapeGlob(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

function unknownDomain(text: string, domain: string, hasParts: boolean): TokaError {
  if (Object.hasOwn(ALIASES, domain)) return invalid(text, hasParts ? `${domain} takes no scope: write what it stands for` : 'it stands for several at once, and here one is meant');
  const near = hasParts ? undefined : nearest(domain, Object.keys(ALIASES));
  return invalid(text, `${quote(domain)} is not one of the domains ${Object.keys(DOMAINS).join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

/** Shows what cannot be seen, so that a message names what was really written. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function invalid(text: string, why: string): TokaError {
  return new TokaError('TOKA_CAPABILITY_INVALID', `${quote(text)} is not a capability: ${why}`, {
    hint: 'write domain:action or domain:action:scope, for instance fs:read:docs/**, or one of the longer names such as git-access',
  });
}
