import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createToka } from '../../src/toka.ts';
import { place, tool } from '../support/cli.ts';

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

test.each([
  ['is told without secrets', (told: string[]) => (origin: string): void => void told.push(origin), 1],
  ['may break, and the run ends as it would have', () => (): void => expect.fail('broken, too'), 0],
])('whoever is told of an internal error %s', async (_, listener, count) => {
  using here = place(tool('unlock', ':', { capabilities: { required: ['proc:exec:bash'] }, parameters: [{ name: 'key', type: 'secret', description: 'A key', pass: { env: 'KEY' } }] }));
  const told: string[] = [];
  const approver = (): never => {
    throw new Error('broken on purpose with hunter2-hunter2');
  };
  const toka = await createToka({ cwd: here.project, env: here.env, storage: { backend: 'memory' }, approver, onDefect: listener(told) });
  const { error } = await toka.run(toka.request({ name: 'unlock' }, { key: 'hunter2-hunter2' }));
  await toka.close();
  expect(error?.code).toBe('TOKA_INTERNAL');
  expect(told).toHaveLength(count);
  expect(told.join()).not.toContain('hunter2');
});
