import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/errors.ts';
import { copy, ROOT, text } from './support.ts';

function generate(root: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(ROOT, 'scripts/docs.mjs'), '--root', root, ...args], { encoding: 'utf8' });
}

test('the generated parts are what their sources say', () => {
  const { status, stderr } = generate(ROOT, '--check');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('a changed page is found, and written anew', () => {
  using clone = copy();
  const file = join(clone.folder, 'docs/errors.md');
  const before = text('docs/errors.md');
  writeFileSync(file, before.replace('Exit code 77.', 'Exit code 76.'));
  expect(generate(clone.folder, '--check').status).toBe(1);
  expect(generate(clone.folder).status).toBe(0);
  expect(generate(clone.folder, '--check').status).toBe(0);
});

test('a part that nothing generates, or that stands nowhere, is reported', () => {
  using clone = copy();
  writeFileSync(join(clone.folder, 'docs/errors.md'), '<!-- generated: nothing -->\n<!-- end -->\n');
  const { status, stderr } = generate(clone.folder, '--check');
  expect(status).toBe(1);
  expect(stderr).toContain('nothing');
  expect(stderr).toContain('exit-codes');
});

test('every error has a heading to link to', () => {
  const headings = [...text('docs/errors.md').matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  expect(new Set(headings)).toEqual(new Set(Object.keys(EXIT_CODES)));
  expect(headings).toHaveLength(Object.keys(EXIT_CODES).length);
});
