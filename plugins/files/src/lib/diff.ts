import type { StructuredPatch, StructuredPatchHunk } from 'diff';

export interface UnifiedDiff {
  readonly diff: string;
  readonly diffTruncated: boolean;
}

const CONTEXT = 3;

// Above this edit distance the exact diff takes seconds; a coarser one is as correct.
const MAX_EDITS = 1000;
const MAX_CHARACTERS = 100_000;

/**
 * The unified diff of two texts, as `patch` and `git apply` take it.
 *
 * @param path The name in its headers.
 * @param before The old text; `undefined` where there is no file yet.
 * @param after The new text.
 * @returns The diff (empty for equal texts), cut after whole lines at 100,000 characters.
 */
export async function unifiedDiff(path: string, before: string | undefined, after: string): Promise<UnifiedDiff> {
  if (before === after) return { diff: '', diffTruncated: false };
  const { structuredPatch, formatPatch } = await import('diff');
  const oldName = before === undefined ? '/dev/null' : `a/${path}`;
  const exact = structuredPatch(oldName, `b/${path}`, before ?? '', after, undefined, undefined, {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  });
  const patch: StructuredPatch = exact ?? {
    oldFileName: oldName,
    newFileName: `b/${path}`,
    oldHeader: undefined,
    newHeader: undefined,
    hunks: [coarseHunk(before ?? '', after)],
  };
  const diff = formatPatch(patch, { includeIndex: false, includeUnderline: false, includeFileHeaders: true });
  if (diff.length <= MAX_CHARACTERS) return { diff, diffTruncated: false };
  return { diff: diff.slice(0, diff.lastIndexOf('\n', MAX_CHARACTERS) + 1), diffTruncated: true };
}

/** One hunk for all that lies between the common start and the common end. */
function coarseHunk(before: string, after: string): StructuredPatchHunk {
  const a = splitLines(before);
  const b = splitLines(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const from = Math.max(0, start - CONTEXT);
  const tail = Math.min(end, CONTEXT);
  const oldLines = a.length - end + tail - from;
  const newLines = b.length - end + tail - from;
  const lines = [
    ...a.slice(from, start).flatMap((line) => mark(' ', line)),
    ...a.slice(start, a.length - end).flatMap((line) => mark('-', line)),
    ...b.slice(start, b.length - end).flatMap((line) => mark('+', line)),
    ...a.slice(a.length - end, a.length - end + tail).flatMap((line) => mark(' ', line)),
  ];
  return { oldStart: from + 1, oldLines, newStart: from + 1, newLines, lines };
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function mark(sign: string, line: string): string[] {
  return line.endsWith('\n') ? [sign + line.slice(0, -1)] : [sign + line, '\\ No newline at end of file'];
}
