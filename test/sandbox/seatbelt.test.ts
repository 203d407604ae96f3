import { describe, expect, it } from 'vitest';
import { readProcessList, treeOf } from '../../src/sandbox/process-list.ts';
import { seatbeltArguments, seatbeltProfile } from '../../src/sandbox/seatbelt.ts';

const LAYERS = [
  { kind: 'read', source: '/Users/u/docs', path: '/Users/u/docs' },
  { kind: 'write', source: '/Users/u/out', path: '/Users/u/out' },
  { kind: 'read', source: '/Users/u/out/.git', path: '/Users/u/out/.git' },
  { kind: 'hide-folder', path: '/Users/u/docs/.toka/state' },
] as const;

describe('a seatbelt profile', () => {
  const { text, parameters } = seatbeltProfile({ layers: LAYERS }, '/private/tmp/own');
  const nameOf = (path: string): string => Object.entries(parameters).find(([, value]) => value === path)?.[0] ?? 'none';
  const at = (rule: string): number => text.split('\n').indexOf(rule);

  it('denies everything that it does not name', () => {
    expect(text.startsWith('(version 1)\n(deny default)\n')).toBe(true);
    expect(text).toContain('(deny network*)');
    expect(text).not.toMatch(/allow network|appleevent|lsopen|allow default|allow file-write\*\)/);
  });

  it('grants reading and writing where the layout does', () => {
    expect(at(`(allow file-read* (subpath (param "${nameOf('/Users/u/docs')}")))`)).toBeGreaterThan(0);
    expect(at(`(allow file-read* file-write* (subpath (param "${nameOf('/Users/u/out')}")))`)).toBeGreaterThan(0);
    expect(at(`(allow file-read* file-write* (subpath (param "${nameOf('/private/tmp/own')}")))`)).toBeGreaterThan(0);
  });

  it('protects and hides after it grants, since the last rule decides', () => {
    const granted = at(`(allow file-read* file-write* (subpath (param "${nameOf('/Users/u/out')}")))`);
    expect(at(`(deny file-write* (subpath (param "${nameOf('/Users/u/out/.git')}")))`)).toBeGreaterThan(granted);
    const shown = at(`(allow file-read* (subpath (param "${nameOf('/Users/u/docs')}")))`);
    expect(at(`(deny file-read* file-write* (subpath (param "${nameOf('/Users/u/docs/.toka/state')}")))`)).toBeGreaterThan(shown);
  });

  it('never holds a path in its text', () => {
    const path = '/Users/u/") (allow default) ("';
    const odd = seatbeltProfile({ layers: [{ kind: 'write', source: path, path }] }, '/private/tmp/own');
    expect(odd.text).not.toContain('/Users');
    expect(odd.text).not.toContain('allow default');
    expect(seatbeltArguments(odd)).toContain(`-DPATH_0=${path}`);
  });

  it('has balanced parentheses', () => {
    expect(text.replaceAll(/[^(]/g, '').length).toBe(text.replaceAll(/[^)]/g, '').length);
  });
});

describe('a list of processes', () => {
  const list = readProcessList(
    [
      '  10     1    10   2048   0:01.50',
      '  11    10    10      4   1:00.00',
      '  12     1    12   1024 01:00:00',
      '',
      '  13    12    12 8 1-00:00:01',
      'broken',
    ].join('\n'),
  );

  it('is read with memory and times', () => {
    expect(list).toEqual([
      { pid: 10, parent: 1, group: 10, memory: 2048 * 1024, cpuMs: 1500 },
      { pid: 11, parent: 10, group: 10, memory: 4096, cpuMs: 60_000 },
      { pid: 12, parent: 1, group: 12, memory: 1024 * 1024, cpuMs: 3_600_000 },
      { pid: 13, parent: 12, group: 12, memory: 8192, cpuMs: 86_401_000 },
    ]);
  });

  it('has the tree of a process, and of what once belonged to it', () => {
    expect(treeOf(10, list).map(({ pid }) => pid)).toEqual([10, 11]);
    expect(treeOf(10, list, new Set([12])).map(({ pid }) => pid)).toEqual([10, 11, 12, 13]);
  });
});
