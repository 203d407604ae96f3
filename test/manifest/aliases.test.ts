import { describe, expect, test } from 'vitest';
import { parseCapabilities, printCapability } from '../../src/capability/grammar.ts';
import { ALIASES } from '../../src/manifest/aliases.ts';

describe('the longer names', () => {
  const NAMES = [
    'filesystem-read',
    'filesystem-write',
    'process-execution',
    'network-access',
    'validation',
    'monitoring',
    'system-config',
    'docker-access',
    'database-access',
    'interactive-mode',
    'git-access',
    'cargo-access',
  ];

  test('are these', () => {
    expect(Object.keys(ALIASES).toSorted()).toEqual(NAMES.toSorted());
  });

  test.each(NAMES)('%s stands for capabilities in their one spelling', (name) => {
    const parsed = parseCapabilities(name).map(printCapability);
    expect(parsed.length).toBeGreaterThan(0);
    expect(parsed).toEqual(ALIASES[name]);
  });

  test('any other text stands for itself', () => {
    expect(parseCapabilities('fs:read:a').map(printCapability)).toEqual(['fs:read:a']);
    for (const text of ['toString', 'git-acces', 'git_access', 'Git-Access']) {
      expect(() => parseCapabilities(text)).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
    }
  });

  test('a near miss is told what was meant', () => {
    expect(() => parseCapabilities('file-system-read')).toThrow(/filesystem-read/);
  });

  test('none lets write what other programs obey, none reaches the whole machine', () => {
    const files = NAMES.flatMap(parseCapabilities).filter(({ domain }) => domain === 'fs');
    expect(files.filter(({ scope = '/' }) => scope === '/' || scope === '/**')).toEqual([]);
    expect(files.filter(({ action, scope = '' }) => action === 'write' && /^[/~]|\.git/.test(scope))).toEqual([]);
  });
});
