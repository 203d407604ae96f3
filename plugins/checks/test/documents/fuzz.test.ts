import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run as runDates } from '../date-validator/run.ts';
import { run as runLinks } from '../link-validator/run.ts';
import { project } from './project.ts';

const extensions = ['md', 'mdx', 'html', 'rst', 'adoc', 'txt'];
const fragments = fc.constantFrom(
  ...[
    '[',
    ']',
    '(',
    ')',
    '![',
    '](',
    '][',
    ']: ',
    '<',
    '>',
    '<a href="',
    '"',
    '{',
    '}',
    '{/*',
    '*/}',
    '<!--',
    '-->',
    '`',
    '```',
    '\n',
    '\r\n',
    '\n\n',
    '    ',
    '> ',
    '- ',
    '1. ',
    '# ',
    '===\n',
    '---\n',
    '|',
    '|-|-|\n',
  ],
  ...[
    '2025-02-30',
    'January 5, 2025',
    '31/12/2024',
    'Last updated: ',
    'toka-date-ignore',
    '#a',
    'b.md',
    '%',
    '\\',
    '&amp;',
    '\0',
    '\uFEFF',
    '\ud800',
    '日本',
    '🚀',
    '[^1]',
    'import x',
    '::\n',
    '----\n',
  ],
);

test('random documents of every kind are checked and fixed without a failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...extensions),
      fc.oneof(
        fc.array(fragments, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
        fc.uint8Array({ maxLength: 300 }),
      ),
      async (extension, bytes) => {
        const root = project({ [`a.${extension}`]: bytes, 'b.md': '# a\n' });
        for (const { summary, findings } of [await runDates(root, { fix: 'apply' }), await runLinks(root, { fix: 'apply' })]) {
          expect(summary.errors + summary.warnings + summary.fixed).toBe(findings.length);
        }
        expect((await runDates(root, { fix: 'apply' })).fixes.edits).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});

/** What makes a careless pattern quadratic or worse, on one long line. A hang runs into the limit of the test. */
const hostile = [
  'a',
  'a.',
  '1',
  '1-',
  '2025-',
  '[',
  '[a]',
  '[a][',
  '](',
  '`',
  '<',
  '<a ',
  '<a href="',
  'January ',
  '31 ',
  'a:',
  'http:',
  'a://',
  '&',
  '\\',
  '*',
  '_a*b',
  '<!--',
  '{',
  '{#',
  '| ',
  '> ',
  '- ',
  ' ',
  'Last updated: ',
  'toka-date-ignore',
];
const long = (piece: string, length: number): string => `${piece.repeat(Math.ceil(length / piece.length))}\n2025-02-30\n`;

test.each(hostile)('a line of nothing but %j is no trouble', async (piece) => {
  const plain = Object.fromEntries(['html', 'rst', 'adoc', 'txt'].map((extension) => [`a.${extension}`, long(piece, 1_000_000)]));
  const root = project({ ...plain, 'a.md': long(piece, 10_000), 'a.mdx': long(piece, 10_000) });
  expect((await runDates(root)).files).toBe(6);
  expect((await runLinks(root)).files).toBe(3);
});
