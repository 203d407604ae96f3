import { expect, test } from 'vitest';
import { ALIASES } from '../../src/manifest/aliases.ts';
import { text } from './support.ts';

test('the page lists the longer names with what they stand for', () => {
  const [, part = ''] = /### Longer names\n([^]*?)\n## /.exec(text('docs/capabilities.md')) ?? [];
  const rows = [...part.matchAll(/^\| `([\w-]+)` \| ([^|]+) \|/gm)].map(([, name = '', cell = '']) => [name, [...cell.matchAll(/`([^`]+)`/g)].map(([, each]) => each)]);
  expect(Object.fromEntries(rows)).toEqual(ALIASES);
});
