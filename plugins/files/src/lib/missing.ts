import { basename, dirname } from 'node:path';
import { coded, type CodedError, type FileEntry, type ToolContext } from '@toka/sdk';
import { distance } from 'fastest-levenshtein';
import { displayPath } from './display.ts';

/** The error for a file that is not there; names the file beside it that was probably meant. */
export async function missingFile(ctx: ToolContext, path: string): Promise<CodedError> {
  const shown = displayPath(ctx, path);
  const near = nearestName(basename(path), await siblings(ctx, path));
  const hint =
    near === undefined
      ? `check the spelling; relative paths start at ${ctx.cwd}`
      : `did you mean ${displayPath(ctx, `${dirname(path)}/${near}`)}?`;
  return coded('TOKA_FS_NOT_FOUND', `expected a file at ${shown}, found nothing`, { hint });
}

async function siblings(ctx: ToolContext, path: string): Promise<readonly FileEntry[]> {
  try {
    return await ctx.fs.list(dirname(path));
  } catch {
    return [];
  }
}

function nearestName(name: string, entries: readonly FileEntry[]): string | undefined {
  const lower = name.toLowerCase();
  const scored = entries.map((entry) => ({ name: entry.name, score: distance(lower, entry.name.toLowerCase()) }));
  const best = scored.toSorted((a, b) => a.score - b.score)[0];
  return best !== undefined && best.score <= Math.max(2, Math.floor(name.length / 3)) ? best.name : undefined;
}
