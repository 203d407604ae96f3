import { expect, test } from 'vitest';
import { authorize } from '../../src/capability/authorize.ts';
import { EffectiveSet, permits } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';
import { PROTECTED, protectedPart, steeredBy } from '../../src/capability/protected.ts';

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

test('all that is protected steers something', () => {
  expect(PROTECTED.filter((name) => steeredBy(`/p/${name}`) === '')).toEqual([]);
});

/** Why a run is denied that needs these and is granted those. */
function lacks(required: readonly string[], grants: readonly string[]): unknown[] {
  const decision = authorize({
    needs: { starts: [], required: required.map(parseCapability), optional: [] },
    level: 'restricted',
    policy: { grants: grants.map((text) => ({ capability: parseCapability(text), source: 'flag' })), asks: [], denials: [] },
    principal: Principal.person('user:1000'),
    hidden: ['/p/.toka/state'],
    toolNames: ['report'],
  });
  return decision.missing.map(({ lack }) => lack);
}

test('a denial says what is protected where a grant of the tree is there', () => {
  const required = ['fs:write:/p/.git/hooks/x', 'fs:write:/p/src/**'];
  expect(lacks(required, ['fs:write:/p/**'])).toEqual([{ by: 'protected', part: '/p/.git' }]);
  expect(lacks(required, ['fs:write:/p/**', 'fs:write:/p/.git/hooks/x'])).toEqual([]);
  expect(lacks(required, ['fs:write:/p/src/**'])).toEqual([{ by: 'policy' }]);
});

test('what no run sees is denied, whatever grants it', () => {
  const inside = ['fs:write:/p/.toka/state/x', 'fs:read:/p/.toka/state/**', 'fs:read:/p/.toka/state'];
  expect(lacks([...inside, 'fs:read:/p/.toka/states'], ['fs:write', 'fs:read', ...inside])).toEqual(inside.map(() => ({ by: 'hidden', folder: '/p/.toka/state' })));
});
