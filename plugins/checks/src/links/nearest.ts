import path from 'node:path';
import { closest, distance } from 'fastest-levenshtein';

/**
 * Finds the one name that is nearest to a misspelt one. Names that differ in a digit are different things (`page-1`, `page-2`), and so are
 * very short ones.
 *
 * @param name What was written.
 * @param candidates What there is.
 * @returns `undefined` where none differs in at most one of five characters, or two are equally near.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const limit = Math.floor(name.length / 5) || (name.length === 4 ? 1 : 0);
  const digits = name.replaceAll(/\D/g, '');
  const near = candidates.filter(
    (other) => Math.abs(other.length - name.length) <= limit && other.replaceAll(/\D/g, '') === digits && other !== name,
  );
  if (near.length === 0) return undefined;
  const best = closest(name, near);
  const least = distance(name, best);
  if (least > limit) return undefined;
  return near.filter((candidate) => distance(name, candidate) === least).length === 1 ? best : undefined;
}

/** Absolute paths of files, by their name and by their folder. */
export interface Files {
  readonly byFolder: ReadonlyMap<string, readonly string[]>;
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

/** Names that stand in many folders, so that one elsewhere says nothing. */
const common = /^(?:changelog|code_of_conduct|contributing|index|license|main|mod|readme|security|types)\b|^__init__/i;

/**
 * Finds the file that a broken path was meant for: the only one of that name elsewhere in the project, else the one in the same folder
 * whose name is nearest and has the same extension.
 *
 * @param target Absolute.
 * @param files The project's files.
 */
export function nearestFile(target: string, files: Files): string | undefined {
  const base = path.basename(target);
  const moved = common.test(base) ? [] : files.byName.get(base) ?? [];
  if (moved.length > 0) return moved.length === 1 ? moved[0] : undefined;
  const { dir, ext, name } = path.parse(target);
  const beside = (files.byFolder.get(dir) ?? []).map((file) => path.parse(file)).filter((file) => file.ext === ext);
  const best = nearest(
    name,
    beside.map((file) => file.name),
  );
  return best === undefined ? undefined : path.join(dir, `${best}${ext}`);
}
