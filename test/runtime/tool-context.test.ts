import { expect, test } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { createToolContext } from '../../src/runtime/tool-context.ts';

const context = createToolContext({
  runId: 'x',
  idempotencyKey: 'x/0',
  root: '/p',
  cwd: '/p',
  signal: new AbortController().signal,
  effective: new EffectiveSet([{ capability: parseCapability('fs:read:/p/**'), source: 'flag' }]),
  fallen: [],
  hidden: ['/p/.toka/state'],
  env: {},
  children: {} as never,
  now: () => 0,
  log: () => undefined,
  progress: () => undefined,
});

test.each([
  ['/p/.toka/state/journal.db', false],
  ['/q/other', true],
])('a denial of %s tells how to grant it: %s', async (path, isGrantable) => {
  const denial = await context.fs.readText(path).then(() => undefined, (error: unknown) => error as { code: string; hint: string });
  expect(denial?.code).toBe('TOKA_CAPABILITY_DENIED');
  expect(denial?.hint.includes('--allow')).toBe(isGrantable);
});
