import type { ToolFs } from '@toka/sdk';
import { hexDigest } from '../digest.ts';
import { type EffectiveSet, placeOf } from '../capability/effective.ts';
import { isSecretBearing } from '../capability/secrets.ts';
import { TAPE_LIMITS } from './taped-call.ts';
import { createToolFs } from './tool-fs.ts';

/** A file that a process may read, and its content where that is not too large. */
export interface GrantedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly content?: Uint8Array;
}

/** More files than this are not looked at. */
const MAX_FILES = 2000;

/**
 * What the files that a process may read are now, by the same rights; secret-bearing ones, and what .gitignore files exclude, are left out.
 *
 * @returns The files, and whether there are more.
 */
export async function grantedFiles(effective: EffectiveSet, hidden: readonly string[]): Promise<{ readonly files: readonly GrantedFile[]; readonly isCut: boolean }> {
  const isHidden = (path: string): boolean => hidden.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const fs = createToolFs({ cwd: '/', allows: (action, path) => effective.allows('fs', action, path) && !isHidden(path) && !isSecretBearing(path) });
  const places = effective.permissions.flatMap(({ capability }) => (capability.domain === 'fs' && capability.action === 'read' ? (placeOf(capability) ?? []) : []));
  const files = new Map<string, GrantedFile>();
  let kept = 0;
  for (const place of places) {
    for await (const path of filesBelow(fs, place)) {
      if (files.has(path)) continue;
      if (files.size >= MAX_FILES) return { files: [...files.values()], isCut: true };
      const content = await fs.read(path).catch(() => undefined);
      if (!content) continue;
      const isKept = content.byteLength <= TAPE_LIMITS.each && kept + content.byteLength <= TAPE_LIMITS.all;
      if (isKept) kept += content.byteLength;
      files.set(path, { path, sha256: hexDigest(content), bytes: content.byteLength, ...(isKept ? { content } : {}) });
    }
  }
  return { files: [...files.values()], isCut: false };
}

async function* filesBelow(fs: ToolFs, place: string): AsyncGenerator<string> {
  const info = await fs.stat(place).catch(() => undefined);
  if (info?.type === 'file') yield place;
  if (info?.type !== 'directory') return;
  for await (const { path, type } of fs.walk(place, { hidden: true })) if (type === 'file') yield path;
}
