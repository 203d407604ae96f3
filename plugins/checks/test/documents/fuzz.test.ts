import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run as runDates } from '../date-validator/run.ts';
import { run as runLinks } from '../link-validator/run.ts';
import { project } from './project.ts';

const extensions = ['md', 'mdx', 'html', 'rst', 'adoc', 'txt'];
const fragments = fc.constantFrom(
  ...['[', ']', '(', ')', '![', '](', '][', ']: ', '<', '>', '<a href="', '"', '{', '}', '{/*', '*/}', '<!--', '-->', '`', '```', '\n', '\r\n', '\n\n', '    ', '> ', '- ', '1. ', '# ', '===\n', '---\n', '|', '|-|-|\n'],
  ...['2025-02-30', 'January 5, 2025', '31/12/2024', 'Last updated: ', 'toka-date-ignore', '#a', 'b.md', '%', '\\', '&amp;', '\0', '\uFEFF', '\ud800', '日本', '🚀', '[^1]', 'import x', '::\n', '----\n'],
);

test('random documents of every kind are checked and fixed without a failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...extensions), fc.oneof(fc.array(fragments, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))), fc.uint8Array({ maxLength: 300 })), async (extension, bytes) => {
      const root = project({ [`a.${extension}`]: bytes, 'b.md': '# a\n' });
      for (const { summary, findings } of [await runDates(root, { fix: 'apply' }), await runLinks(root, { fix: 'apply' })]) {
        expect(summary.errors + summary.warnings + summary.fixed).toBe(findings.length);
      }
      expect((await runDates(root, { fix: 'apply' })).fixes.edits).toBe(0);
    }),
    { numRuns: 150 },
  );
});

/** What makes a careless pattern quadratic or worse, one line of a million characters each. A hang runs into the limit of the test. */
const hostile = ['a', 'a.', '1', '1-', '2025-', '[', '[a]', '[a][', '](', '`', '<', '<a ', '<a href="', 'January ', '31 ', 'a:', 'http:', 'a://', '&', '\\', '*', '_a*b', '<!--', '{', '{#', '| ', '> ', '- ', ' ', 'Last updated: ', 'toka-date-ignore'];

test.each(hostile)('a million characters of %j are no trouble', async (piece) => {
  const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
  const root = project(Object.fromEntries(['md', 'html', 'rst', 'txt'].map((extension) => [`a.${extension}`, text])));
  expect((await runDates(root)).files).toBe(4);
  expect((await runLinks(root)).files).toBe(2);
});
