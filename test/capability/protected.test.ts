import { expect, test } from 'vitest';
import { EffectiveSet, permits } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { PROTECTED, protectedPart } from '../../src/capability/protected.ts';

const set = (...texts: string[]): EffectiveSet =>
  new EffectiveSet(texts.map((text) => ({ capability: parseCapability(text), source: 'flag' })));

test.each([
  ['/p/.git/hooks/pre-commit', '/p/.git'],
  ['/p/sub/.git/config', '/p/sub/.git'],
  ['/p/.git/modules/x/.git', '/p/.git/modules/x/.git'],
  ['/p/.vscode/tasks.json', '/p/.vscode'],
  ['/p/.bashrc', '/p/.bashrc'],
  ['/p/toka.yaml', '/p/toka.yaml'],
  ['/p/toka.lock', '/p/toka.lock'],
  ['/p/sub/.toka/tools/x.yaml', '/p/sub/.toka'],
  ['/p/toka.yaml.bak', undefined],
  ['/p/Makefile', undefined],
  ['/p/.gitignore', undefined],
  ['/p/src/git/x', undefined],
])('of %s the protected part is %s', (path, part) => {
  expect(protectedPart(path)).toBe(part);
});

test('a grant to write a tree does not reach what other programs obey in it, at any depth', () => {
  const tree = set('fs:write:/p/**');
  expect(tree.allows('fs', 'write', '/p/src/a.ts')).toBe(true);
  for (const path of ['/p/.git/hooks/pre-commit', '/p/.vscode/tasks.json', ...PROTECTED.flatMap((name) => [`/p/${name}`, `/p/sub/${name}`])]) {
    expect(tree.allows('fs', 'write', path)).toBe(false);
  }
});

test('a grant that names it does', () => {
  expect(set('fs:write:/p/.git/**').allows('fs', 'write', '/p/.git/hooks/pre-commit')).toBe(true);
  expect(set('fs:write:/p/.envrc').allows('fs', 'write', '/p/.envrc')).toBe(true);
  expect(set('fs:write:/p/.git/**').allows('fs', 'write', '/p/.git/modules/x/.git')).toBe(false);
});

test('reading is not concerned', () => {
  expect(set('fs:read:/p/**').allows('fs', 'read', '/p/.git/HEAD')).toBe(true);
});

test('what is asked for by name inside it is not covered by the tree, the tree itself is', () => {
  const [tree] = set('fs:write:/p/**').permissions;
  expect(permits(tree!, parseCapability('fs:write:/p/.git/hooks/x'))).toBe(false);
  expect(permits(tree!, parseCapability('fs:write:/p/.git/**'))).toBe(false);
  expect(permits(tree!, parseCapability('fs:write:/p/**'))).toBe(true);
});
