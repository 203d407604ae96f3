import { resolve } from 'node:path';
import { coded, defineTool, isCoded, type FileInfo, type ToolContext } from '@toka/sdk';
import { displayPath } from './lib/display.ts';
import { compileGlobs } from './lib/glob.ts';
import { compileMatcher } from './lib/matcher.ts';
import { missingFile } from './lib/missing.ts';
import { scanFile, type LineMatch } from './lib/scan.ts';

interface Match {
  path: string;
  line: number;
  column: number;
  byteColumn: number;
  length: number;
  text: string;
  textColumn?: number;
  more?: number;
  before?: string[];
  after?: string[];
}

interface Result {
  matches: Match[];
  files: { path: string; lines: number }[];
  filesSearched: number;
  filesMatched: number;
  linesMatched: number;
  skippedBinary: number;
  skippedUnreadable: number;
  truncated: boolean;
}

const PROGRESS_EVERY = 1000;

export default defineTool({
  name: 'file-searcher',
  summary: 'Search files for a text or a regular expression',
  category: 'files',
  tags: ['file', 'search', 'grep', 'find', 'regex', 'text'],
  params: {
    type: 'object',
    properties: {
      pattern: { type: 'string', description: 'What to look for, within a line', minLength: 1, 'x-position': 1 },
      path: { type: 'string', description: 'The folder or file to search', minLength: 1, default: '.', 'x-type': 'path', 'x-position': 2 },
      regex: {
        type: 'boolean',
        description: 'pattern is a regular expression in RE2 syntax (linear time; no lookaround, no backreferences)',
        default: false,
      },
      case: {
        type: 'string',
        description: 'Upper and lower case; smart: ignored unless the pattern has an upper-case letter',
        enum: ['sensitive', 'ignore', 'smart'],
        default: 'sensitive',
      },
      word: { type: 'boolean', description: 'Only whole words', default: false },
      context: { type: 'integer', description: 'Lines to show before and after each match', default: 0, minimum: 0, maximum: 100 },
      before: { type: 'integer', description: 'Lines to show before each match (default: context)', minimum: 0, maximum: 100 },
      after: { type: 'integer', description: 'Lines to show after each match (default: context)', minimum: 0, maximum: 100 },
      include: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description:
          'Only files that match one of these globs; one without a slash is matched against the name: *.md, src/**/*.ts, *.{js,ts}',
        default: [],
      },
      exclude: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'No files that match, or lie in a folder that matches, one of these globs',
        default: [],
      },
      hidden: { type: 'boolean', description: 'Include names that start with a dot', default: false },
      gitignore: { type: 'boolean', description: 'Leave out what .gitignore files exclude', default: true },
      show: {
        type: 'string',
        description: 'What to return: matching lines, or only the files that have some',
        enum: ['matches', 'files'],
        default: 'matches',
      },
      maxMatches: {
        type: 'integer',
        description: 'How many lines (or files) to return at the most; the search ends there',
        default: 500,
        minimum: 1,
        maximum: 100_000,
      },
      maxPerFile: { type: 'integer', description: 'How many lines of one file to return at the most', minimum: 1 },
      maxLineLength: {
        type: 'integer',
        description: 'Longer lines are cut to this many UTF-16 units around the match',
        default: 500,
        minimum: 20,
        maximum: 100_000,
      },
    },
    required: ['pattern'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      matches: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            path: { type: 'string', description: "The file, relative to the caller's folder where it lies in it" },
            line: { type: 'integer', description: 'From 1' },
            column: { type: 'integer', description: 'Where the first match starts, in UTF-16 code units, from 1' },
            byteColumn: { type: 'integer', description: 'The same in bytes of UTF-8, from 1' },
            length: { type: 'integer', description: 'Length of the first match in UTF-16 code units' },
            text: { type: 'string', description: 'The line, without its end' },
            textColumn: { type: 'integer', description: 'At which column text starts, where the line was cut' },
            more: { type: 'integer', description: 'How many further matches the line has' },
            before: { type: 'array', items: { type: 'string' }, description: 'Lines before it' },
            after: { type: 'array', items: { type: 'string' }, description: 'Lines after it' },
          },
          required: ['path', 'line', 'column', 'byteColumn', 'length', 'text'],
          additionalProperties: false,
        },
      },
      files: {
        type: 'array',
        description: 'Files with matches, and in how many lines (with show files: 1 where it stopped at the first)',
        items: {
          type: 'object',
          properties: { path: { type: 'string' }, lines: { type: 'integer' } },
          required: ['path', 'lines'],
          additionalProperties: false,
        },
      },
      filesSearched: { type: 'integer', description: 'Text files that were searched' },
      filesMatched: { type: 'integer', description: 'Files with a match' },
      linesMatched: { type: 'integer', description: 'Lines with a match' },
      skippedBinary: { type: 'integer', description: 'Files left out because they are not text' },
      skippedUnreadable: { type: 'integer', description: 'Files left out because they could not be read' },
      truncated: { type: 'boolean', description: 'Whether there may be more' },
    },
    required: ['matches', 'files', 'filesSearched', 'filesMatched', 'linesMatched', 'skippedBinary', 'skippedUnreadable', 'truncated'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
  examples: [
    { description: 'Search a folder for a text', params: { pattern: 'TODO', path: 'src' } },
    {
      description: 'A regular expression in TypeScript files, with context',
      params: { pattern: 'import .* from', regex: true, include: ['*.ts'], context: 2 },
    },
    { description: 'Which files mention a word, in any case', params: { pattern: 'licence', case: 'ignore', word: true, show: 'files' } },
  ],
  print,
  async run(params, ctx): Promise<Result> {
    const { pattern, path, regex, word, context, maxMatches, maxPerFile = Infinity, maxLineLength } = params;
    const ignoreCase = params.case === 'ignore' || (params.case === 'smart' && pattern === pattern.toLowerCase());
    const matcher = await compileMatcher({ pattern, regex, ignoreCase, word });
    const around = { before: params.before ?? context, after: params.after ?? context };
    const info = await ctx.fs.stat(path);
    if (info === undefined) throw await missingFile(ctx, path);
    const result: Result = {
      matches: [],
      files: [],
      filesSearched: 0,
      filesMatched: 0,
      linesMatched: 0,
      skippedBinary: 0,
      skippedUnreadable: 0,
      truncated: false,
    };
    const onlyFiles = params.show === 'files';
    for await (const file of filesOf(ctx, path, info, params)) {
      let lines = 0;
      const shown = displayPath(ctx, file);
      const take = (match: LineMatch): boolean => {
        if (!onlyFiles && (lines >= maxPerFile || result.matches.length >= maxMatches)) {
          result.truncated = true;
          return false;
        }
        lines++;
        if (!onlyFiles) result.matches.push(toMatch(shown, match, maxLineLength));
        return !onlyFiles;
      };
      try {
        const kind = await scanFile(ctx, file, matcher, around, take);
        if (kind === 'binary') result.skippedBinary++;
        else result.filesSearched++;
      } catch (error) {
        if (info.type === 'file' || !isSkippable(error)) throw error;
        result.skippedUnreadable++;
      }
      if (lines > 0) {
        result.filesMatched++;
        result.linesMatched += lines;
        result.files.push({ path: shown, lines });
      }
      const done = result.filesSearched + result.skippedBinary + result.skippedUnreadable;
      if (done % PROGRESS_EVERY === 0) ctx.progress({ message: 'files searched', done });
      if (onlyFiles && result.files.length >= maxMatches) result.truncated = true;
      if (result.truncated && (onlyFiles ? result.files.length : result.matches.length) >= maxMatches) break;
    }
    return result;
  },
});

interface Choice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hidden: boolean;
  readonly gitignore: boolean;
}

async function* filesOf(
  ctx: ToolContext,
  path: string,
  info: FileInfo,
  { include, exclude, hidden, gitignore }: Choice,
): AsyncGenerator<string> {
  if (info.type === 'file') {
    yield resolve(ctx.cwd, path);
    return;
  }
  if (info.type !== 'directory')
    throw coded('TOKA_FS_NOT_FILE', `expected a file or a folder at ${path}`, { hint: 'name a regular file or a folder' });
  const start = resolve(ctx.cwd, path);
  const prefix = start.endsWith('/') ? start.length : start.length + 1;
  const isChosen = compileGlobs(include, exclude);
  for await (const entry of ctx.fs.walk(path, { gitignore, hidden })) {
    if (entry.type === 'file' && isChosen(entry.path.slice(prefix).replaceAll('\\', '/'))) yield entry.path;
  }
}

function isSkippable(error: unknown): boolean {
  return isCoded(error) && (error.code.startsWith('TOKA_FS_') || error.code === 'TOKA_CAPABILITY_DENIED');
}

function toMatch(path: string, { line, text, spans, before, after }: LineMatch, maxLength: number): Match {
  const { start, end } = spans[0] ?? { start: 0, end: 0 };
  const from = text.length <= maxLength ? 0 : Math.max(0, Math.min(start - Math.floor(maxLength / 4), text.length - maxLength));
  return {
    path,
    line,
    column: start + 1,
    byteColumn: Buffer.byteLength(text.slice(0, start)) + 1,
    length: end - start,
    text: text.length <= maxLength ? text : text.slice(from, from + maxLength),
    ...(text.length <= maxLength ? {} : { textColumn: from + 1 }),
    ...(spans.length > 1 ? { more: spans.length - 1 } : {}),
    ...(before.length > 0 ? { before: before.map((other) => other.slice(0, maxLength)) } : {}),
    ...(after.length > 0 ? { after: after.map((other) => other.slice(0, maxLength)) } : {}),
  };
}

/** Lines as grep prints them, and what was left out. */
function print({ matches, files, linesMatched, filesMatched, skippedBinary, skippedUnreadable, truncated }: Result): string {
  const lines =
    matches.length > 0
      ? matches.map(({ path, line, column, text }) => `${path}:${line}:${column}:${text}`)
      : files.map(({ path, lines: count }) => `${path}: ${count}`);
  const notes = [truncated ? 'there may be more' : '', skippedBinary > 0 ? `${skippedBinary} files that are not text were left out` : '', skippedUnreadable > 0 ? `${skippedUnreadable} files could not be read` : ''];
  return `${[...lines, [`${linesMatched} lines in ${filesMatched} files`, ...notes.filter(Boolean)].join('; ')].join('\n')}\n`;
}
