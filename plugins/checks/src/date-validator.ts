import path from 'node:path';
import { coded, defineTool, type ToolContext } from '@toka/sdk';
import { dayOf, parseIso, type Day } from './dates/calendar.ts';
import { readDocument } from './dates/document.ts';
import { judge, type Found } from './dates/rules.ts';
import { eachText } from './documents/each.ts';
import { makeFixes, type FileFix, type Fixes } from './documents/fix.ts';
import { count, outputProperties, passes, printReport, sentence, sorted, summarise, type Finding } from './documents/report.ts';
import { selectFiles, selectionProperties } from './documents/select.ts';

/**
 * Checks the dates of documents. What counts as a date: dates/scan.ts. Which are reported: dates/rules.ts. Code, addresses and markup are
 * left out; `toka-date-ignore` comments exempt (documents/exempt.ts).
 *
 * One thing is fixed, and only that: a date in the future behind a label such as `Last updated:` becomes today, written the same way.
 * Everything else is a guess.
 */
export default defineTool({
  name: 'date-validator',
  summary: 'Find impossible, future and suspicious dates in documents',
  category: 'checks',
  tags: ['check', 'dates', 'documentation', 'changelog', 'lint'],
  params: {
    type: 'object',
    properties: {
      ...selectionProperties,
      extensions: {
        type: 'array',
        items: { type: 'string' },
        description: 'In folders, check files with these extensions',
        default: ['.md', '.mdx', '.markdown', '.txt', '.rst', '.adoc', '.asciidoc', '.html', '.htm'],
      },
      today: {
        type: 'string',
        description: 'The day to compare with, as YYYY-MM-DD (default: the present day)',
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      },
      grace: {
        type: 'integer',
        description: 'Days beyond today that do not count as future (time zones)',
        default: 1,
        minimum: 0,
        maximum: 3650,
      },
      order: {
        type: 'string',
        enum: ['auto', 'dmy', 'mdy'],
        description: 'How 01/02/2025 is read; auto goes by the other dates of the file',
        default: 'auto',
      },
      code: { type: 'boolean', description: 'Check code blocks and inline code too', default: false },
      fix: {
        type: 'string',
        enum: ['none', 'preview', 'apply'],
        description: 'Set future "last updated" dates to today: show the changes, or make them',
        default: 'none',
      },
      failOn: {
        type: 'string',
        enum: ['error', 'warning', 'never'],
        description: 'From which severity on the run fails',
        default: 'error',
      },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: { ...outputProperties, dates: { type: 'integer', minimum: 0 } },
    required: ['ok', 'message', 'files', 'dates', 'findings', 'summary', 'fixes', 'skipped'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:{path}'], optional: ['fs:write:{path}'] },
  effect: 'idempotent',
  examples: [
    { description: 'Check the documents of the project', params: {} },
    { description: 'Show what would be fixed in the docs folder', params: { path: ['docs'], fix: 'preview' } },
  ],
  print: printReport,
  async run(params, ctx) {
    const rules = { today: todayOf(params.today, ctx), grace: params.grace, order: params.order };
    const extensions = params.extensions.map((extension) => (extension.startsWith('.') ? extension : `.${extension}`).toLowerCase());
    const files = await selectFiles(ctx, { path: params.path, include: params.include, exclude: params.exclude, extensions });
    const findings: Finding[] = [];
    const fixes: FileFix[] = [];
    let dates = 0;
    const skipped = await eachText(ctx, files, async (file, text) => {
      const document = await readDocument(text.text, {
        name: file.name,
        extension: path.extname(file.path).toLowerCase(),
        code: params.code,
      });
      if (document === undefined || document === 'too-complex') return document;
      dates += document.dates.length;
      const found = judge(document, rules);
      findings.push(...found.map((one) => toFinding(file.name, one, document.lines.at(one.start), params.fix)));
      fixes.push({ file, text, edits: found.flatMap((one) => one.edit ?? []) });
      return undefined;
    });
    const made = await makeFixes(
      ctx,
      params.fix,
      fixes.toSorted((a, b) => (a.file.path < b.file.path ? -1 : 1)),
    );
    const summary = summarise(findings);
    const ok = passes(summary, params.failOn);
    const message = sentence(`${count(dates, 'date')} in ${count(files.length, 'file')}`, summary, skipped.length);
    return {
      ok,
      ...(ok ? {} : { code: 'DATES_INVALID' }),
      message,
      files: files.length,
      dates,
      findings: sorted(findings),
      summary,
      fixes: made,
      skipped,
    };
  },
});

function todayOf(given: string | undefined, ctx: ToolContext): Day {
  if (given === undefined) return dayOf(ctx.now());
  const day = parseIso(given);
  if (day === undefined)
    throw coded('DATE_TODAY_INVALID', `today must be an existing day written YYYY-MM-DD, found ${given}`, {
      hint: 'for example today=2025-01-31',
    });
  return day;
}

function toFinding(file: string, found: Found, place: { line: number; column: number }, mode: Fixes['mode']): Finding {
  const { text, kind, severity, message, suggestion, edit } = found;
  const fixed = mode === 'apply' && edit !== undefined;
  return {
    path: file,
    ...place,
    text,
    kind,
    severity,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(fixed ? { fixed: true as const } : {}),
  };
}
