import { expect, test } from 'vitest';
import { place, tool } from '../support/cli.ts';

const tools = { ...tool('quick', 'echo done'), ...tool('short', 'echo done', { security: { sandbox: { timeout: '5s' } } }) };

test.each([
  ['its level', 'quick', '--timeout 2h is more than the tool may take, so 30s holds'],
  ['its manifest', 'short', '--timeout 2h is more than the tool may take, so 5s holds'],
])('who asks for more time than %s allows is told what holds', async (_, name, told) => {
  using here = place(tools);
  const { code, stdout, stderr } = await here.run(['run', '--allow', 'proc:exec', '--timeout', '2h', name]);
  expect([code, stdout]).toEqual([0, 'done\n']);
  expect(stderr).toContain(told);
});

test('a time that holds is not mentioned, nor one with --quiet', async () => {
  using here = place(tools);
  expect((await here.run(['run', '--allow', 'proc:exec', '--timeout', '30s', 'quick'])).stderr).toBe('');
  expect((await here.run(['run', '--allow', 'proc:exec', '--quiet', '--timeout', '2h', 'quick'])).stderr).toBe('');
});
