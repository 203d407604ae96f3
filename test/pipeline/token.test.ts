import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';
import { createToka, type RunResult, type Toka, TokaError } from '../../src/toka.ts';
import { place, type Place, tool } from '../support/cli.ts';

let here: Place;
let toka: Toka;

beforeEach(async () => {
  here = place({ 'docs/a.md': 'alpha\n', 'notes.txt': 'gamma\n', ...tool('probe', 'echo begun; sleep 60', { effect: 'external' }) });
  toka = await createToka({ cwd: here.project, env: here.env });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

/** Somebody with a token that permits this, holds until `holds` says no, and ends at `end`. */
function bearer(permits: readonly string[], holds: () => boolean, end = (): number => Date.now() + 86_400_000): Principal {
  const set = new EffectiveSet(permits.map((text) => ({ capability: parseCapability(text), source: 'token' })));
  const check = (): void => {
    if (!holds()) throw new TokaError('TOKA_TOKEN_EXPIRED', 'the token has expired');
  };
  const bond = {
    chain: ['1'],
    budgets: [],
    get expiresAt() {
      return end();
    },
    check,
  };
  return Principal.bearer('user:test', set, bond);
}

const outcome = ({ status, error }: RunResult): unknown[] => [status, error?.code];
const events = async ({ runId }: RunResult): Promise<string[]> => (await (await toka.journal()).read(runId)).map(({ event }) => event.type);

describe('a token that ends', () => {
  test('before the run: nothing starts, and the denial is recorded', async () => {
    const request = { ...toka.request({ name: 'file-reader' }, { path: 'docs/a.md' }), principal: bearer(['fs:read'], () => false) };
    const result = await toka.run(request);
    expect([outcome(result), await events(result)]).toEqual([['denied', 'TOKA_TOKEN_EXPIRED'], ['run.requested', 'run.finished']]);
    await expect(toka.prepare(request)).rejects.toMatchObject({ code: 'TOKA_TOKEN_EXPIRED', exitCode: 77 });
  });

  test('while a native tool works: its next use of anything ends the run', async () => {
    let holds = true;
    const result = await toka.run({
      ...toka.request({ name: 'file-reader' }, { path: 'docs/a.md' }),
      principal: bearer(['fs:read'], () => holds),
      onEvent: ({ type }) => void (holds &&= type !== 'started'),
    });
    expect([outcome(result), result.output]).toEqual([['denied', 'TOKA_TOKEN_EXPIRED'], '']);
  });

  test('while a process works: it is stopped', async () => {
    let end = Date.now() + 86_400_000;
    const result = await toka.run({
      ...toka.request({ name: 'probe' }, {}),
      allow: ['proc:exec:bash'],
      principal: bearer(
        ['proc:exec:bash'],
        () => Date.now() < end,
        () => end,
      ),
      onEvent: ({ type }) => {
        if (type === 'started') end = Date.now() + 300;
      },
    });
    expect([outcome(result), await events(result)]).toEqual([['denied', 'TOKA_TOKEN_EXPIRED'], expect.arrayContaining(['run.started'])]);
  });

  test('is no excuse: what the caller cancels was cancelled', async () => {
    const controller = new AbortController();
    const result = await toka.run({
      ...toka.request({ name: 'probe' }, {}),
      allow: ['proc:exec:bash'],
      principal: bearer(['proc:exec:bash'], () => true),
      signal: controller.signal,
      onEvent: ({ type }) => void (type === 'output' && controller.abort()),
    });
    expect(outcome(result)).toEqual(['cancelled', 'TOKA_CANCELLED']);
  });
});

test('who lacks something because of a token is told who could be given it', async () => {
  const { error } = await toka.run({ ...toka.request({ name: 'file-reader' }, { path: 'docs/a.md' }), principal: bearer(['env:read:HOME'], () => true) });
  expect(error).toMatchObject({ code: 'TOKA_CAPABILITY_DENIED', hint: expect.stringContaining('token') as string });
});

test('a real token: what it permits, what it does not, and its revocation in the middle of a run', async () => {
  const tokens = await toka.tokens();
  const { text } = tokens.create({ subject: 'user:test', capabilities: [tokens.capability('fs:read:docs')], depth: 0, lifetime: 60 });
  here.write({ 'docs.token': text });
  const principal = await toka.bearer(join(here.project, 'docs.token'));
  const run = async (path: string, began = (): void => undefined): Promise<unknown[]> =>
    outcome(await toka.run({ ...toka.request({ name: 'file-reader' }, { path }), principal, onEvent: ({ type }) => type === 'started' && began() }));
  expect(await run('docs/a.md')).toEqual(['succeeded', undefined]);
  expect(await run('notes.txt')).toEqual(['denied', 'TOKA_CAPABILITY_DENIED']);
  expect(await run('docs/a.md', () => tokens.revoke(text))).toEqual(['denied', 'TOKA_TOKEN_REVOKED']);
});

test('a child has no more than the token, whatever its parent was granted', async () => {
  const all = new EffectiveSet(['fs:read', 'proc:exec'].map((text) => ({ capability: parseCapability(text), source: 'parent run' })));
  const principal = bearer(['proc:exec:cat', `fs:read:${here.project}/docs/**`], () => true).narrow('run:1', all);
  const command = { argv: ['cat', 'notes.txt'], level: 'restricted', limits: {}, capabilities: ['fs:read:notes.txt'], env: {} } as const;
  const result = await toka.run({ ...toka.request({ command }, {}), allow: ['fs:read:notes.txt', 'proc:exec:cat'], principal });
  expect([...outcome(result), result.error?.data?.['missing']]).toEqual(['denied', 'TOKA_CAPABILITY_DENIED', [`fs:read:${here.project}/notes.txt`]]);
});
