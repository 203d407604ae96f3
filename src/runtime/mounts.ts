import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { overlaps } from '../capability/glob.ts';
import { isSecretBearing } from '../capability/secrets.ts';
import type { EffectiveSet } from '../capability/effective.ts';
import { type Capability, printCapability, scopeGlob } from '../capability/grammar.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import type { Mount } from '../sandbox/plan.ts';
import { realPathOf } from './tool-fs-locate.ts';

/** A tree with more entries than this is not searched for secrets: the run is refused instead. */
const MAX_SEARCHED = 300_000;

export interface FileView {
  readonly mounts: readonly Mount[];
  readonly hidden: readonly string[];
}

/**
 * Turns file permissions into mounts.
 *
 * @throws TokaError TOKA_SCOPE_UNSUPPORTED for a scope that is neither a file nor `dir/**`, a tree too large to hide the
 * secrets in, or a place denied to writers that does not exist yet.
 */
export function fileView({ permissions, carvedOut }: EffectiveSet, alwaysHidden: readonly string[]): FileView {
  const files = permissions.filter(({ capability }) => capability.domain === 'fs');
  const mounts = merge(files.flatMap(({ capability }) => mountOf(capability)));
  const secrets = files.filter(({ exceptSecrets }) => exceptSecrets === true).flatMap(({ capability }) => secretsBelow(capability));
  const denials = carvedOut.filter((denied) => files.some(({ capability }) => isAffected(capability, denied)));
  for (const denied of denials) if (denied.action === 'write') requireCover(denied, mounts);
  const denied = denials.map((capability) => placeOf(capability));
  return { mounts, hidden: [...new Set([...alwaysHidden, ...denied, ...secrets])] };
}

function mountOf(capability: Capability): Mount[] {
  const path = placeOf(capability);
  const access = capability.action === 'write' ? 'write' : 'read';
  if (existsSync(path)) {
    requireReal(path, capability);
    return [{ path, access }];
  }
  return access === 'read' ? [] : [{ path, access, create: scopeGlob(capability).tree === undefined ? 'file' : 'folder' }];
}

/** A permission is for a real path: one that has become a symlink since it was granted leads to what nobody granted. */
function requireReal(path: string, capability: Capability): void {
  const real = realPathOf(path);
  if (real === path) return;
  throw new TokaError('TOKA_CAPABILITY_DENIED', `${printCapability(capability)} was granted, and ${path} leads to ${real} by now`, {
    hint: 'run it again: what the path stands for is asked anew',
  });
}

/** What a process may write it can read too, so a denial to read concerns both kinds of mounts. */
function isAffected(permission: Capability, denied: Capability): boolean {
  if (denied.domain !== 'fs' || (denied.action === 'write' && permission.action === 'read')) return false;
  return overlaps(scopeGlob(denied), scopeGlob(permission));
}

/**
 * Makes the folders of toka that a process could otherwise make itself, and fill with what toka then believes.
 *
 * @throws TokaError TOKA_STATE_UNAVAILABLE
 */
export function makeHidden(hidden: readonly string[], mounts: readonly Mount[]): void {
  for (const path of hidden) {
    if (!openTo(path, mounts)) continue;
    try {
      makeFolder(path, 0o700);
    } catch (cause) {
      throw new TokaError('TOKA_STATE_UNAVAILABLE', `${path} lies where the tool may write, and could not be made to be hidden: ${String(cause)}`, {
        cause,
        hint: 'check the permissions of the folders above it',
      });
    }
  }
}

/** The mount through which a process could make this path, if it does not exist: nothing can be mounted over what is not there. */
function openTo(path: string, mounts: readonly Mount[]): Mount | undefined {
  const above = mounts.find((mount) => mount.access === 'write' && path.startsWith(mount.path.endsWith(sep) ? mount.path : mount.path + sep));
  return above && !existsSync(path) ? above : undefined;
}

function requireCover(denied: Capability, mounts: readonly Mount[]): void {
  const path = placeOf(denied);
  const above = openTo(path, mounts);
  if (!above) return;
  throw new TokaError('TOKA_SCOPE_UNSUPPORTED', `${printCapability(denied)} is denied, but a sandboxed process that may write ${above.path} could make ${path}`, {
    hint: `create it, so that it can be covered: mkdir -p '${path}'; or grant only the folders that the tool writes`,
  });
}

/** The one file or folder that a scope stands for. */
function placeOf(capability: Capability): string {
  const scope = scopeGlob(capability);
  const place = scope.tree ?? (scope.literal ? scope.prefix : undefined);
  if (place !== undefined) return place === '' ? '/' : place;
  const folder = scope.prefix.slice(0, scope.prefix.lastIndexOf('/')) || '/';
  throw new TokaError('TOKA_SCOPE_UNSUPPORTED', `${printCapability(capability)} cannot be given to a sandboxed process: its scope is neither a file nor dir/**`, {
    hint: `grant the tree instead: --allow 'fs:${capability.action}:${folder}/**'`,
  });
}

/** One mount a path: write wins over read. */
function merge(mounts: readonly Mount[]): Mount[] {
  const byPath = new Map<string, Mount>();
  for (const mount of mounts) if (mount.access === 'write' || !byPath.has(mount.path)) byPath.set(mount.path, mount);
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The secret-bearing files and folders in a tree. */
export function secretsBelow(capability: Capability): string[] {
  const { tree } = scopeGlob(capability);
  if (tree === undefined) return [];
  const found: string[] = [];
  const pending = [tree];
  let searched = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of children(folder)) {
      searched += 1;
      if (searched > MAX_SEARCHED) throw tooMany(tree, capability);
      const path = join(folder, entry.name);
      if (isSecretBearing(path)) found.push(path);
      else if (entry.isDirectory()) pending.push(path);
    }
  }
  return found;
}

function children(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch {
    // What toka may not list, the sandboxed process, which runs as the same user, may not list either.
    return [];
  }
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function tooMany(tree: string, capability: Capability): TokaError {
  return new TokaError('TOKA_SCOPE_UNSUPPORTED', `${tree} has more than ${MAX_SEARCHED} entries, too many to hide the secret-bearing files among them`, {
    hint: `grant a smaller tree, or this one with everything in it: --allow '${printCapability(capability)}'`,
  });
}
