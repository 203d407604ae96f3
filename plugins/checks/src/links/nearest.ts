import path from 'node:path';
import { closest, distance } from 'fastest-levenshtein';

/**
 * Finds the one name that is nearest to a misspelt one.
 *
 * @param name What was written.
 * @param candidates What there is.
 * @param share How many of five characters may differ; at least one may.
 * @returns `undefined` where none is near enough, or two are equally near.
 */
export function nearest(name: string, candidates: readonly string[], share = 1): string | undefined {
  const limit = Math.max(1, Math.floor((name.length * share) / 5));
  const near = candidates.filter((candidate) => candidate !== name && Math.abs(candidate.length - name.length) <= limit);
  if (near.length === 0) return undefined;
  const best = closest(name, near);
  const least = distance(name, best);
  if (least > limit || least >= name.length) return undefined;
  return near.filter((candidate) => distance(name, candidate) === least).length === 1 ? best : undefined;
}

/**
 * Finds the file that a broken path was meant for: the only one of that name elsewhere in the project, else the nearest name in the same folder,
 * else the nearest path.
 *
 * @param target Absolute.
 * @param files Absolute.
 */
export function nearestFile(target: string, files: readonly string[]): string | undefined {
  const base = path.basename(target);
  const moved = files.filter((file) => path.basename(file) === base);
  if (moved.length === 1) return moved[0];
  if (moved.length > 1) return undefined;
  const folder = path.dirname(target);
  const beside = nearest(base, files.filter((file) => path.dirname(file) === folder).map((file) => path.basename(file)));
  if (beside !== undefined) return path.join(folder, beside);
  const extension = path.extname(target);
  const renamed = files.filter((file) => path.extname(file) === extension && Math.abs(path.basename(file).length - base.length) < 3);
  const name = nearest(base, [...new Set(renamed.map((file) => path.basename(file)))]);
  const found = files.filter((file) => path.basename(file) === name);
  return found.length === 1 ? found[0] : undefined;
}
