import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { realPathOf } from '../../src/runtime/tool-fs-locate.ts';

let root: string;
const at = (path: string): string => join(root, path);

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-locate-')));
  mkdirSync(at('far/away'), { recursive: true });
  return () => rmSync(root, { recursive: true, force: true });
});

it.each(['link', 'link/', 'far/away/other'])('a dangling symlink leads where the kernel would make the file: %s', (path) => {
  symlinkSync('far/away', at('folder'));
  symlinkSync('folder/../made', at('link'));
  symlinkSync('../../folder/../made', at('far/away/other'));
  const real = realPathOf(`${root}/${path}`);
  writeFileSync(at(path.replace(/\/$/, '')), '');
  expect(real).toBe(realpathSync(at('far/made')));
});

it('symlinks that lead round by way of a folder that is missing have an end', () => {
  symlinkSync('two/x', at('one'));
  symlinkSync('missing/../one', at('two'));
  expect(realPathOf(at('one')).startsWith(at('one'))).toBe(true);
});

it.each([1, 30, 45, 60, 400])('a row of %i symlinks over a missing folder never ends at one that leads further', (count) => {
  for (let n = 0; n < count; n++) symlinkSync(`missing/../l${n + 1}`, at(`l${n}`));
  symlinkSync('/', at(`l${count}`));
  // Either where it leads in the end, or the name that was asked for, which the kernel cannot follow.
  expect(['/', at('l0')]).toContain(realPathOf(at('l0')));
});

it('a path that is longer than any call takes is told as it is, at once', () => {
  const path = `${root}${'/a'.repeat(100_000)}`;
  expect(realPathOf(path)).toBe(path);
});
