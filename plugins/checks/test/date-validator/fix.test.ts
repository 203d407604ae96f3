import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { project } from '../documents/project.ts';
import { run } from './run.ts';

const pieces = fc.constantFrom(
  'Last updated: 2099-01-31',
  '**Last modified:** March 3rd, 2098',
  'updated: 31.12.2097',
  'Last updated: Friday, 31 January 2099',
  'Updated: 2025-02-30',
  'Expires: 2099-01-01',
  'Released 2099-02-03 in `2099-01-01`',
  'Ünïcode — 日本 🚀',
  '```\nLast updated: 2099-01-31\n```',
  '<!-- toka-date-ignore -->\nLast updated: 2099-01-31',
  '# A heading',
  '',
);

test('fixing twice is fixing once, and changes nothing outside the spans it reports', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), async (parts, newline, bom) => {
      const before = (bom ? '\uFEFF' : '') + parts.join('\n\n').replaceAll('\n', newline);
      const root = project({ 'a.md': before });
      const { findings } = await run(root, { fix: 'apply' });
      const once = readFileSync(path.join(root, 'a.md'), 'utf8');
      await run(root, { fix: 'apply' });
      expect(readFileSync(path.join(root, 'a.md'), 'utf8')).toBe(once);
      const lines = before.split('\n');
      for (const { line, column, text, suggestion } of findings.filter(({ fixed }) => fixed === true).toReversed()) {
        const old = lines[line - 1] ?? '';
        const at = column - 1 + (bom && line === 1 ? 1 : 0);
        expect(old.slice(at, at + text.length)).toBe(text);
        lines[line - 1] = old.slice(0, at) + (suggestion ?? '') + old.slice(at + text.length);
      }
      expect(once).toBe(lines.join('\n'));
    }),
    { numRuns: 60 },
  );
});

test('a file that is not UTF-8 keeps its other bytes', async () => {
  const root = project({ 'a.txt': Buffer.from('Caf\xe9 \xff\r\nLast updated: 2099-01-31\r\n', 'latin1') });
  await run(root, { fix: 'apply' });
  expect(readFileSync(path.join(root, 'a.txt'), 'latin1')).toBe('Caf\xe9 \xff\r\nLast updated: 2026-11-22\r\n');
});

test('a preview writes nothing and gives a unified diff', async () => {
  const root = project({ 'a.md': 'Last updated: 2099-01-31\n' });
  const before = statSync(path.join(root, 'a.md')).mtimeMs;
  const { fixes, ok, code } = await run(root, { fix: 'preview' });
  expect(fixes.diff).toBe('--- a/a.md\n+++ b/a.md\n@@ -1,1 +1,1 @@\n-Last updated: 2099-01-31\n+Last updated: 2026-11-22\n');
  expect(statSync(path.join(root, 'a.md')).mtimeMs).toBe(before);
  expect({ ok, code }).toEqual({ ok: false, code: 'DATES_INVALID' });
});

test('what was fixed no longer fails the run', async () => {
  const result = await run(project({ 'a.md': 'Last updated: 2099-01-31\n' }), { fix: 'apply' });
  expect(result).toMatchObject({ ok: true, summary: { errors: 0, fixed: 1 } });
});

test('without the right to write one of the files none is written', async () => {
  const root = project({ 'a.md': 'Last updated: 2099-01-31\n', 'b.md': 'Last updated: 2099-01-31\n' });
  const allows = (action: string, file: string): boolean => action === 'read' || file.endsWith('a.md');
  await expect(run(root, { fix: 'apply' }, { allows })).rejects.toMatchObject({
    code: 'FIX_NOT_GRANTED',
    message: expect.stringContaining('fs:write:b.md') as string,
  });
  expect(readFileSync(path.join(root, 'a.md'), 'utf8')).toBe('Last updated: 2099-01-31\n');
});
