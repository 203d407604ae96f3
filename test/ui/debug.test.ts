import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { place } from '../support/cli.ts';

const DOOR = pathToFileURL(join(import.meta.dirname, '../../dist/ui/process-door.js')).href;

/** A run in which something of toka itself breaks: whoever is asked throws. */
function broken(words: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  using here = place();
  const script = `
    const { processDoor } = await import(${JSON.stringify(DOOR)});
    function approver() { throw new Error('broken on purpose'); }
    const toka = await processDoor(${JSON.stringify(words)}).open({ approver });
    const { error } = await toka.run(toka.request({ name: 'file-writer' }, { path: 'new.txt', content: 'x' }));
    console.log(error.code);`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: here.project, env: here.env, encoding: 'utf8' });
}

test('an internal error of a run says where it comes from with --debug', () => {
  const { stderr, stdout } = broken(['--debug']);
  expect(stdout).toBe('TOKA_INTERNAL\n');
  expect(stderr).toMatch(/broken on purpose.*\n +at approver /);
});

test('without it, nothing of toka itself is shown', () => {
  expect(broken([])).toMatchObject({ stdout: 'TOKA_INTERNAL\n', stderr: '' });
});
