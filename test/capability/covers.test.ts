import { expect, test } from 'vitest';
import { coverage } from '../../src/capability/covers.ts';

const covers = coverage({ root: '/project', home: '/home/me', realPath: (path) => path, isFolder: () => false });

test.each<[held: readonly string[], asked: string, covered: boolean]>([
  [['fs:read:docs/**'], 'fs:read:docs/guide/**', true],
  [['fs:read:docs/**'], 'fs:read:./docs/a.md', true],
  [['fs:read:/project/docs/**'], 'fs:read:docs/a.md', true],
  [['fs:read'], 'fs:read:{path}', true],
  [['env:read:A', 'fs:read:{path}'], 'fs:read:{path}', true],
  [['fs:read:docs/**'], 'fs:read:docs/../secret', false],
  [['fs:read:docs/**'], 'fs:write:docs/a.md', false],
  [['fs:read:docs/**'], 'fs:read', false],
  [['fs:read:{path}'], 'fs:read:{other}', false],
  [['net:connect:a.example:443'], 'net:connect:*:443', false],
  [[], 'env:read:A', false],
])('%j and %s: %j', (held, asked, covered) => {
  expect(covers(held, asked)).toBe(covered);
});

test('what is no capability includes nothing, and is included by nothing', () => {
  expect([covers(['nonsense', 'fs:read:a/*/../b'], 'fs:read:x'), covers(['fs:read'], 'nonsense'), covers(['fs:read'], 'fs:read:a/*/../b')]).toEqual([false, false, false]);
});
