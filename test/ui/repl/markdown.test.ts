import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MarkdownStream } from '../../../src/ui/repl/markdown/stream.ts';
import { themeOf } from '../../../src/ui/repl/theme.ts';
import { widthOf } from '../../../src/ui/repl/width.ts';

const plain = themeOf('plain', false);

/** What is printed of a text that comes in pieces of that size. */
function streamed(text: string, size: number, columns = 60, theme = plain): string[] {
  const stream = new MarkdownStream(() => theme);
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += size) {
    stream.push(text.slice(at, at + size));
    lines.push(...stream.finished(columns));
    stream.unfinished(columns);
  }
  return [...lines, ...stream.end(columns)];
}

const TEXT = `# Plan

A paragraph with **bold**, \`code\` and [a link](https://example.com).

- one
- two
  - nested

3. third
4. fourth

\`\`\`diff
-old
+new
\`\`\`

| Name | Count |
| --- | ---: |
| apples | 3 |
| pears | 12 |

> said

The end.`;

describe('Markdown that comes in pieces', () => {
  test.each([1, 7, 1000])('is printed the same in pieces of %i', (size) => {
    expect(streamed(TEXT, size)).toEqual([
      '# Plan',
      '',
      'A paragraph with bold, `code` and a link',
      '(https://example.com).',
      '',
      '• one',
      '• two',
      '  • nested',
      '',
      '3. third',
      '4. fourth',
      '',
      '  -old',
      '  +new',
      '',
      'Name    Count',
      '──────  ─────',
      'apples      3',
      'pears      12',
      '',
      '│ said',
      '',
      'The end.',
    ]);
  });

  test('what is finished is given out before the rest has come', () => {
    const stream = new MarkdownStream(() => plain);
    stream.push('First.\n\nSecond is op');
    expect(stream.finished(40)).toEqual(['First.', '']);
    expect(stream.unfinished(40)).toEqual(['Second is op']);
    stream.push('en\n\n```\nline 1\nline');
    expect(stream.finished(40)).toEqual(['Second is open', '', '  line 1']);
    expect(stream.unfinished(40)).toEqual(['  line']);
  });

  test('a table is as wide as there is room; where its columns would be too narrow, each row becomes a list', () => {
    const table = '| Name | Description |\n|---|---|\n| alpha | a long text that has to be wrapped somewhere |\n';
    expect(streamed(table, 9, 30)).toEqual(['Name   Description', '─────  ───────────────────────', 'alpha  a long text that has to', '       be wrapped somewhere']);
    expect(streamed(table, 9, 10).slice(0, 2)).toEqual(['Name:', 'alpha']);
  });

  test('control characters, hyperlinks and hidden letters of a model do not reach the terminal', () => {
    const hostile = '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007 \u001b[2J\u001b[31mred\u0007 \u202eabc a\u{e0041}b\u200bc\r';
    const lines = streamed(hostile, 1, 60).join('\n');
    expect(lines).toBe('click red abc abc');
    expect(lines).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b\u{e0000}-\u{e0fff}]/u);
  });

  test('where a link leads to is always shown', () => {
    expect(streamed('[https://good.example](https://evil.example)', 5).join('')).toContain('https://evil.example');
  });

  test('nesting without an end is printed all the same', () => {
    expect(streamed(`${'> '.repeat(2000)}deep`, 4000, 40).length).toBeGreaterThan(0);
  });

  test('whatever comes, in whatever pieces: no line is wider than there is room, and nothing throws', () => {
    const part = fc.constantFrom('# ', '- ', '1. ', '```', '~~~', '\n', '\n\n', '|', '|---|', '> ', '**', '`', '[a](b)', '日本', '👩‍👩‍👧', 'word ', 'x'.repeat(30), '    ', '<b>', '&amp;', '\\', '![i](u)', '[ ] ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 12, max: 80 }), (parts, size, columns) => {
        for (const line of streamed(parts.join(''), size, columns, themeOf('dark', true))) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, 24));
      }),
      { numRuns: 150 },
    );
  });
});
