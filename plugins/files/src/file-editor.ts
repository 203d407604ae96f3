import { coded, defineTool } from '@toka/sdk';
import { unifiedDiff } from './lib/diff.ts';
import { checkUnchanged, sha256 } from './lib/digest.ts';
import { displayPath } from './lib/display.ts';
import { applyEdits, type Edit } from './lib/edits.ts';
import { missingFile } from './lib/missing.ts';
import { decodeText, encodeText } from './lib/text.ts';

interface EditParam {
  readonly find?: string;
  readonly replace?: string;
  readonly all?: boolean;
  readonly insertAfter?: number;
  readonly text?: string;
}

const EDIT_PROPERTIES = {
  find: { type: 'string', description: 'The passage to replace, exactly; \\n stands for the line ends of the file' },
  replace: { type: 'string', description: 'What takes its place; empty deletes it' },
  all: { type: 'boolean', description: 'Replace every place instead of the only one' },
  insertAfter: { type: 'integer', description: 'Insert text as whole lines below this line (0: at the top)', minimum: 0 },
  text: { type: 'string', description: 'The lines to insert' },
} as const;

export default defineTool({
  name: 'file-editor',
  summary: 'Change passages of a text file: all edits or none, everything else stays byte for byte',
  category: 'files',
  tags: ['file', 'edit', 'replace', 'insert', 'patch'],
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file to edit', minLength: 1, 'x-type': 'path', 'x-position': 1 },
      ...EDIT_PROPERTIES,
      edits: {
        type: 'array',
        description:
          'Several edits, each {find, replace, all} or {insertAfter, text}, applied in order, each to the result of the one before',
        items: { type: 'object', properties: EDIT_PROPERTIES, additionalProperties: false },
        minItems: 1,
        maxItems: 1000,
      },
      expectSha256: {
        type: 'string',
        description: 'Edit only if the file now has this digest (file-reader tells it)',
        pattern: '^[0-9a-fA-F]{64}$',
      },
      dryRun: { type: 'boolean', description: 'Write nothing, only show the diff', default: false },
    },
    required: ['path'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string', description: "The file, relative to the caller's folder where it lies in it" },
      changed: { type: 'boolean', description: 'Whether the edits change anything; false: nothing was written' },
      dryRun: { type: 'boolean', description: 'Whether writing was left out' },
      counts: { type: 'array', items: { type: 'integer' }, description: 'How many places each edit changed, in order' },
      bytes: { type: 'integer', description: 'Size of the file afterwards' },
      sha256: { type: 'string', description: 'Digest of the file afterwards' },
      previousSha256: { type: 'string', description: 'Digest of the file before' },
      diff: { type: 'string', description: 'Unified diff' },
      diffTruncated: { type: 'boolean', description: 'Whether the diff was cut' },
    },
    required: ['path', 'changed', 'dryRun', 'counts', 'bytes', 'sha256', 'previousSha256', 'diff', 'diffTruncated'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:write:{path}', 'fs:read:{path}'] },
  // Not idempotent: a second run may find in its own replacement what it looks for.
  effect: 'external',
  examples: [
    { description: 'Replace the only place', params: { path: 'package.json', find: '"version": "1.0.0"', replace: '"version": "1.1.0"' } },
    {
      description: 'Rename everywhere, as a diff',
      params: { path: 'src/app.ts', find: 'getUser', replace: 'findUser', all: true, dryRun: true },
    },
    {
      description: 'Several edits at once',
      params: {
        path: 'README.md',
        edits: [
          { find: 'npm i', replace: 'npm ci' },
          { insertAfter: 0, text: '<!-- generated -->' },
        ],
      },
    },
  ],
  print,
  async run({ path, edits, expectSha256, dryRun, ...single }, ctx) {
    const list = listEdits(edits as EditParam[] | undefined, single);
    if ((await ctx.fs.stat(path)) === undefined) throw await missingFile(ctx, path);
    const shown = displayPath(ctx, path);
    const before = await ctx.fs.read(path);
    const previousSha256 = sha256(before);
    checkUnchanged(shown, expectSha256, previousSha256);
    const decoded = decodeText(before, shown);
    const { text, counts } = applyEdits(decoded.text, list, shown);
    const after = encodeText({ ...decoded, text });
    const changed = text !== decoded.text;
    if (changed && !dryRun) await ctx.fs.write(path, after);
    const { diff, diffTruncated } = await unifiedDiff(shown, decoded.text, text);
    return { path: shown, changed, dryRun, counts, bytes: after.length, sha256: sha256(after), previousSha256, diff, diffTruncated };
  },
});

function listEdits(edits: readonly EditParam[] | undefined, single: EditParam): Edit[] {
  const hasSingle = Object.values(single).some((value) => value !== undefined);
  if (edits !== undefined && hasSingle) throw invalid('edits and the parameters of one edit beside it', 'put all of them into edits');
  return (edits ?? [single]).map(toEdit);
}

function toEdit({ find, replace, all = false, insertAfter, text }: EditParam): Edit {
  if (find !== undefined && replace !== undefined && insertAfter === undefined && text === undefined)
    return { kind: 'replace', find, replace, all };
  if (insertAfter !== undefined && text !== undefined && find === undefined && replace === undefined)
    return { kind: 'insert', line: insertAfter, text };
  const given = Object.entries({ find, replace, insertAfter, text })
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  throw invalid(given.length === 0 ? 'none of them' : given.join(' with '), 'to delete a passage pass an empty replace');
}

function invalid(found: string, hint: string): Error {
  return coded('EDIT_INVALID', `expected find with replace, or insertAfter with text, found ${found}`, { hint });
}

/** The diff, and what was done. */
function print({ path, changed, dryRun, diff }: { path: string; changed: boolean; dryRun: boolean; diff: string }): string {
  const done = changed ? (dryRun ? 'would be changed' : 'changed') : 'unchanged';
  return `${diff === '' || diff.endsWith('\n') ? diff : `${diff}\n`}${path}: ${done}\n`;
}
