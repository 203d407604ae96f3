import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSecretBearing } from '../capability/secrets.ts';
import type { EffectiveSet, Permission } from '../capability/effective.ts';
import { type Capability, printCapability, scopeGlob } from '../capability/grammar.ts';
import { TokaError } from '../errors.ts';
import type { Mount } from '../sandbox/plan.ts';

/** A tree with more entries than this is not searched for secrets: the run is refused instead. */
const MAX_SEARCHED = 300_000;

export interface FileView {
  readonly mounts: readonly Mount[];
  readonly hidden: readonly string[];
}

/**
 * Turns file permissions into mounts.
 *
 * @throws TokaError TOKA_SCOPE_UNSUPPORTED for a scope that is neither a file nor `dir/**`, or a tree too large to hide the secrets in.
 */
export function fileView({ permissions, carvedOut }: EffectiveSet, alwaysHidden: readonly string[]): FileView {
  const files = permissions.filter(({ capability }) => capability.domain === 'fs');
  const mounts = merge(files.flatMap(({ capability }) => mountOf(capability)));
  const secrets = files.filter(({ exceptSecrets }) => exceptSecrets === true).flatMap((permission) => secretsBelow(permission));
  const denied = carvedOut.filter(({ domain }) => domain === 'fs').map((capability) => placeOf(capability));
  return { mounts, hidden: [...new Set([...alwaysHidden, ...denied, ...secrets])] };
}

function mountOf(capability: Capability): Mount[] {
  const path = placeOf(capability);
  const access = capability.action === 'write' ? 'write' : 'read';
  if (existsSync(path)) return [{ path, access }];
  return access === 'read' ? [] : [{ path, access, create: scopeGlob(capability).tree === undefined ? 'file' : 'folder' }];
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

function secretsBelow({ capability }: Permission): string[] {
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
