import { coded, defineTool, isCoded, type ToolContext } from '@toka/sdk';
import { unifiedDiff, type UnifiedDiff } from './lib/diff.ts';
import { checkUnchanged, sha256 } from './lib/digest.ts';
import { displayPath } from './lib/display.ts';
import { decodeText } from './lib/text.ts';

interface Result extends Partial<UnifiedDiff> {
  path: string;
  created: boolean;
  changed: boolean;
  dryRun: boolean;
  bytes: number;
  sha256: string;
  previousBytes?: number;
  previousSha256?: string;
}

export default defineTool({
  name: 'file-writer',
  summary: 'Write a whole file atomically, or show as a diff what would be written',
  category: 'files',
  tags: ['file', 'write', 'create', 'append', 'save'],
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file to write', minLength: 1, 'x-type': 'path', 'x-position': 1 },
      content: { type: 'string', description: 'What to write, exactly: no newline is added' },
      mode: {
        type: 'string',
        description:
          'create: only where there is no file; overwrite: replace it or make it; append: add at the end unless it is there already',
        enum: ['create', 'overwrite', 'append'],
        default: 'create',
      },
      encoding: { type: 'string', description: 'What content is: text, or bytes in base64', enum: ['utf-8', 'base64'], default: 'utf-8' },
      parents: { type: 'boolean', description: 'Make missing folders', default: true },
      expectSha256: {
        type: 'string',
        description: 'Write only if the file there now has this digest (file-reader tells it)',
        pattern: '^[0-9a-fA-F]{64}$',
      },
      dryRun: { type: 'boolean', description: 'Write nothing, only show the diff', default: false },
    },
    required: ['path', 'content'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      path: { type: 'string', description: "The file, relative to the caller's folder where it lies in it" },
      created: { type: 'boolean', description: 'Whether there was no file before' },
      changed: { type: 'boolean', description: 'Whether the content differs from what was there; false: nothing was written' },
      dryRun: { type: 'boolean', description: 'Whether writing was left out' },
      bytes: { type: 'integer', description: 'Size of the file afterwards' },
      sha256: { type: 'string', description: 'Digest of the file afterwards' },
      previousBytes: { type: 'integer', description: 'Size of the file before' },
      previousSha256: { type: 'string', description: 'Digest of the file before' },
      diff: { type: 'string', description: 'Unified diff; absent where old or new content is not text' },
      diffTruncated: { type: 'boolean', description: 'Whether the diff was cut' },
    },
    required: ['path', 'created', 'changed', 'dryRun', 'bytes', 'sha256'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:write:{path}', 'fs:read:{path}'] },
  effect: 'idempotent',
  examples: [
    { description: 'Make a new file', params: { path: 'notes/today.md', content: '# Today\n' } },
    {
      description: 'See what replacing a file would change',
      params: { path: 'VERSION', content: '1.2.0\n', mode: 'overwrite', dryRun: true },
    },
    { description: 'Make sure that a line ends a file', params: { path: '.gitignore', content: 'coverage/\n', mode: 'append' } },
  ],
  print,
  async run({ path, content, mode, encoding, parents, expectSha256, dryRun }, ctx): Promise<Result> {
    const given = encoding === 'base64' ? decodeBase64(content) : Buffer.from(content);
    const before = await readIfThere(ctx, path);
    const shown = displayPath(ctx, path);
    const previousSha256 = before === undefined ? undefined : sha256(before);
    checkUnchanged(shown, expectSha256, previousSha256);
    const after = mode === 'append' && before !== undefined ? appended(before, given) : given;
    const changed = before === undefined || !before.equals(after);
    if (mode === 'create' && before !== undefined && changed) {
      throw coded('TOKA_FS_EXISTS', `expected no file at ${shown}, found one of ${before.length} bytes with other content`, {
        hint: 'pass mode overwrite to replace it or append to add to it; dryRun shows what would change',
      });
    }
    if (changed && !dryRun) await ctx.fs.write(path, after, { parents, exclusive: before === undefined });
    return {
      path: shown,
      created: before === undefined,
      changed,
      dryRun,
      bytes: after.length,
      sha256: sha256(after),
      ...(before === undefined || previousSha256 === undefined ? {} : { previousBytes: before.length, previousSha256 }),
      ...(await diffOf(shown, before, after)),
    };
  },
});

async function readIfThere(ctx: ToolContext, path: string): Promise<Buffer | undefined> {
  if ((await ctx.fs.stat(path)) === undefined) return undefined;
  return Buffer.from(await ctx.fs.read(path));
}

function appended(before: Buffer, given: Buffer): Buffer {
  const endsWithIt = before.length >= given.length && before.subarray(before.length - given.length).equals(given);
  return endsWithIt ? before : Buffer.concat([before, given]);
}

function decodeBase64(content: string): Buffer {
  const compact = content.replace(/\s+/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') === compact.replace(/=+$/, '')) return bytes;
  throw coded('FILE_CONTENT_INVALID', 'expected content in base64, found other characters or a wrong length', {
    hint: 'encode the bytes in standard base64, or pass encoding utf-8 for text',
  });
}

async function diffOf(path: string, before: Buffer | undefined, after: Buffer): Promise<Partial<UnifiedDiff>> {
  try {
    const old = before === undefined ? undefined : decodeText(before, path).text;
    return await unifiedDiff(path, old, decodeText(after, path).text);
  } catch (error) {
    if (isCoded(error) && error.code === 'FILE_NOT_TEXT') return {};
    throw error;
  }
}

/** The diff where there is one, and what was done. */
function print({ path, created, changed, dryRun, bytes, diff = '' }: Result): string {
  const action = changed ? `${created ? 'created' : 'changed'} (${bytes} bytes)` : 'unchanged: the content is the same';
  return `${diff === '' || diff.endsWith('\n') ? diff : `${diff}\n`}${path}: ${dryRun && changed ? 'would be ' : ''}${action}\n`;
}
