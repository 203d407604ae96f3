import { readlinkSync } from 'node:fs';
import type { FileEntry, ToolFs } from '@toka/sdk';
import { type EffectiveSet, placeOf } from '../capability/effective.ts';
import { hexDigest } from '../digest.ts';
import { createToolFs } from './tool-fs.ts';

/** More entries than this are not looked at. */
const MAX_ENTRIES = 5000;

/**
 * All that a run can learn from the files that it may read: what is there, and what each holds.
 *
 * @returns Pairs of a path and what it is; undefined where not all of that can be known.
 * @throws TokaError TOKA_CANCELLED
 */
export async function readableState(effective: EffectiveSet, hidden: readonly string[], signal?: AbortSignal): Promise<readonly (readonly [string, string])[] | undefined> {
  const isHidden = (path: string): boolean => hidden.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const fs = createToolFs({ cwd: '/', allows: (action, path) => effective.allows('fs', action, path) && !isHidden(path), ...(signal ? { signal } : {}) });
  const places = effective.permissions.flatMap(({ capability }) => (capability.domain === 'fs' && capability.action === 'read' ? (placeOf(capability) ?? []) : []));
  const state = new Map<string, string>();
  try {
    for (const place of places) {
      for await (const [path, what] of stateBelow(fs, place)) {
        state.set(path, what);
        if (state.size > MAX_ENTRIES) return undefined;
      }
    }
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
  return [...state].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

async function* stateBelow(fs: ToolFs, place: string): AsyncGenerator<readonly [string, string]> {
  const info = await fs.stat(place);
  if (!info) return void (yield [place, 'nothing']);
  if (info.type === 'file') return void (yield [place, await contentOf(fs, place)]);
  for await (const entry of fs.walk(place, { directories: true, gitignore: false, hidden: true })) yield [entry.path, await stateOf(fs, entry)];
}

async function stateOf(fs: ToolFs, { path, type }: FileEntry): Promise<string> {
  if (type === 'file') return contentOf(fs, path);
  return type === 'symlink' ? `link to ${readlinkSync(path)}` : type;
}

async function contentOf(fs: ToolFs, path: string): Promise<string> {
  return hexDigest(await fs.read(path));
}
