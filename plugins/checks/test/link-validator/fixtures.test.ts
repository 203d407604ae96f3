import { describe, expect, test } from 'vitest';
import { fixtures, line } from '../documents/project.ts';
import { run } from './run.ts';

describe.each(fixtures('link-validator'))('the documents of $name', ({ copy, expected }) => {
  test('have exactly the expected findings', async () => {
    const { findings } = await run(copy());
    expect(findings.map(line)).toEqual(expected);
  });

  test('are fixed by what a preview shows, after which nothing with a suggestion is left', async () => {
    const root = copy();
    const preview = await run(root, { fix: 'preview' });
    const applied = await run(root, { fix: 'apply' });
    const again = await run(root, { fix: 'apply' });
    expect(applied.fixes.diff).toBe(preview.fixes.diff);
    expect(again.fixes).toEqual({ mode: 'apply', files: 0, edits: 0, diff: '' });
    expect(again.findings.map(({ text }) => text)).toEqual(
      preview.findings.filter(({ suggestion }) => suggestion === undefined).map(({ text }) => text),
    );
  });
});
