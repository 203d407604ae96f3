import type { ToolFs } from '@toka/sdk';
import { hexDigest } from '../digest.ts';
import { type EffectiveSet, placeOf } from '../capability/effective.ts';
import { toTokaError } from '../errors.ts';
import { isSecretBearing } from '../capability/secrets.ts';
import { createToolFs } from './tool-fs.ts';

/** A file that a process may read. */
export interface GrantedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** More files than this are not looked at. */
const MAX_FILES = 2000;

/**
 * What the files that a process may read are now, by the same rights; secret-bearing ones, and what .gitignore files exclude, are left out.
 *
 * @returns The files, and whether there are more.
 * @throws TokaError TOKA_CANCELLED
 */
export async function grantedFiles(effective: EffectiveSet, hidden: readonly string[], signal?: AbortSignal): Promise<{ readonly files: readonly GrantedFile[]; readonly isCut: boolean }> {
  const isHidden = (path: string): boolean => hidden.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const fs = createToolFs({ cwd: '/', allows: (action, path) => effective.allows('fs', action, path) && !isHidden(path) && !isSecretBearing(path), ...(signal ? { signal } : {}) });
  const places = effective.permissions.flatMap(({ capability }) => (capability.domain === 'fs' && capability.action === 'read' ? (placeOf(capability) ?? []) : []));
  const files = new Map<string, GrantedFile>();
  for (const place of places) {
    for await (const path of filesBelow(fs, place)) {
      if (files.has(path)) continue;
      if (files.size >= MAX_FILES) return { files: [...files.values()], isCut: true };
      const content = await fs.read(path).catch(leftOut);
      if (!content) continue;
      files.set(path, { path, sha256: hexDigest(content), bytes: content.byteLength });
    }
  }
  return { files: [...files.values()], isCut: false };
}

async function* filesBelow(fs: ToolFs, place: string): AsyncGenerator<string> {
  const info = await fs.stat(place).catch(leftOut);
  if (info?.type === 'file') yield place;
  if (info?.type !== 'directory') return;
  for await (const { path, type } of fs.walk(place, { hidden: true })) if (type === 'file') yield path;
}

/** What cannot be read is left out, but not since somebody ended the run. */
function leftOut(error: unknown): undefined {
  if (toTokaError(error).code === 'TOKA_CANCELLED') throw error;
  return undefined;
}
