import { coded, type ToolContext } from '@toka/sdk';
import type { Selected } from './select.ts';
import { applyEdits, type Edit } from './spans.ts';
import { encode, type Text } from './text.ts';

/** The edits of one file. */
export interface FileFix {
  readonly file: Selected;
  readonly text: Text;
  readonly edits: readonly Edit[];
}

export interface Fixes {
  readonly mode: 'none' | 'preview' | 'apply';
  readonly files: number;
  readonly edits: number;
  /** Unified diff of what a preview would change, or of what was changed. */
  readonly diff?: string;
}

/**
 * Shows or makes the edits. Nothing is written before it is known that every file may be.
 *
 * @param ctx The run's context.
 * @param mode `none`, `preview` or `apply`.
 * @param fixes The edits, file by file.
 * @returns How much was (or would be) changed, with the diff.
 * @throws `FIX_NOT_GRANTED` where `apply` lacks `fs:write:<path>`.
 */
export async function makeFixes(ctx: ToolContext, mode: Fixes['mode'], fixes: readonly FileFix[]): Promise<Fixes> {
  const wanted = fixes.filter((fix) => fix.edits.length > 0);
  const edits = wanted.reduce((sum, fix) => sum + fix.edits.length, 0);
  if (mode === 'none') return { mode, files: 0, edits: 0 };
  if (mode === 'apply') for (const { file } of wanted) demandWrite(ctx, file);
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  const diffs: string[] = [];
  for (const { file, text, edits: changes } of wanted) {
    ctx.signal.throwIfAborted();
    const fixed = applyEdits(text.text, changes);
    diffs.push(
      createTwoFilesPatch(`a/${file.name}`, `b/${file.name}`, text.text, fixed, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY }),
    );
    if (mode === 'apply') await ctx.fs.write(file.path, encode(fixed, text));
  }
  return { mode, files: wanted.length, edits, diff: diffs.join('') };
}

function demandWrite(ctx: ToolContext, file: Selected): void {
  if (ctx.fs.can('write', file.path)) return;
  throw coded('FIX_NOT_GRANTED', `fixing ${file.name} needs the capability fs:write:${file.name}, which this run doesn't have`, {
    hint: `add --allow fs:write:${file.name}, or use fix=preview to see the changes only`,
  });
}
