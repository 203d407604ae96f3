import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { Principal } from '../../src/capability/principal.ts';
import { TokaError } from '../../src/errors.ts';
import type { Answer, House } from '../../src/pipeline/house.ts';
import type { Run } from '../../src/pipeline/run.ts';
import { isolate } from '../../src/pipeline/stages/isolate.ts';
import { createToka, type ExecutionRequest, type RunResult, type Toka, type TokaOptions, type ToolRequest } from '../../src/toka.ts';
import { type Place, place, tool } from '../support/cli.ts';

/** The check that is removed; then only its own test is of interest. */
const REMOVED = process.env['TOKA_MUTANT'];

/** The test that holds one check of the choke point; both have the same name in checks.ts. */
function holds(name: string, work: () => Promise<void>): void {
  const register = REMOVED === undefined || REMOVED === name ? test : test.skip;
  register(name, work);
}

let here: Place;
let toka: Toka;

beforeEach(() => {
  here = place({ 'notes.txt': 'one\ntwo\n', '.env': 'KEY=1\n', ...tool('greet', 'echo hello') });
});
afterEach(async () => {
  await toka.close();
  here[Symbol.dispose]();
});

async function open(options: Partial<TokaOptions> = {}): Promise<void> {
  toka = await createToka({ cwd: here.project, env: here.env, ...options });
}

function userConfig(text: string): void {
  mkdirSync(join(here.home, 'config/toka'), { recursive: true });
  writeFileSync(join(here.home, 'config/toka/config.yaml'), `apiVersion: toka/v1\n${text}`);
}

type More = Partial<ToolRequest>;

const ask = (name: string, params: Readonly<Record<string, unknown>> = {}, more: More = {}): ToolRequest => ({ ...toka.request({ name }, params), ...more });
const read = (more: More = {}): ToolRequest => ask('file-reader', { path: 'notes.txt' }, more);
const greet = (more: More = {}): ToolRequest => ask('greet', {}, more);
const ends = async (request: ExecutionRequest): Promise<unknown> => (await toka.run(request)).error?.code ?? 'ok';
const plans = async (request: ExecutionRequest): Promise<unknown> => toka.prepare(request).then(() => 'planned', (error: unknown) => (error as { code: unknown }).code);
const types = async ({ runId }: RunResult): Promise<string[]> => (await (await toka.journal()).read(runId)).map(({ event }) => event.type);
/** What is in the file at this moment, without waiting for anything. */
const recordedNow = (run: string): string[] => {
  using db = new DatabaseSync(join(here.project, '.toka/state/journal.db'), { readOnly: true });
  return db.prepare("SELECT body ->> '$.type' AS type FROM events WHERE run = ? ORDER BY seq").all(run).map(({ type }) => String(type));
};
const allow = ['proc:exec:bash'];

/** A tool of toka, in its own process, that starts one command as a run of its own. */
function steps(script: string, more: More): ToolRequest {
  here.write({
    'package.json': JSON.stringify({ name: 'till', version: '1.0.0', scripts: { lint: script } }),
    'package-lock.json': JSON.stringify({ name: 'till', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'till', version: '1.0.0' } } }),
  });
  return ask('build-validator', { path: '.', steps: ['lint'] }, { allow: ['proc:exec', 'fs:read:**', 'fs:write:**'], ...more });
}

holds('unknown agent', async () => {
  await open();
  const { principal, door, cwd } = read();
  expect(await plans({ model: 'agent', agent: 'nobody', principal, door, cwd, params: { said: [] } })).toBe('TOKA_AGENT_UNKNOWN');
});

holds('unknown tool', async () => {
  await open();
  expect(await plans(ask('nobody', { path: 'notes.txt' }))).toBe('TOKA_TOOL_UNKNOWN');
});

holds('digest of the code', async () => {
  await open();
  const before = await toka.prepare(greet({ allow }));
  here.write({ 'manifests/greet.sh': 'echo other' });
  expect((await toka.prepare(greet({ allow }))).manifestHash).not.toBe(before.manifestHash);
});

holds('parameters', async () => {
  await open();
  expect(await plans(ask('file-reader', { path: 'notes.txt', unknown: 1 }))).toBe('TOKA_PARAM_INVALID');
});

holds('principal of the request', async () => {
  await open();
  expect(await ends(read({ principal: Principal.person('user:1').narrow('run:1', new EffectiveSet([])) }))).toBe('TOKA_CAPABILITY_DENIED');
});

holds('built-in grants are for bundled tools', async () => {
  await open();
  expect((await toka.prepare(greet())).approvals).toHaveLength(1);
});

holds('built-in grants leave a home out', async () => {
  writeFileSync(join(here.home, 'notes.txt'), 'mine');
  await open({ cwd: here.home });
  expect(await ends(read())).toBe('TOKA_CAPABILITY_DENIED');
});

holds('built-in grants leave secrets out', async () => {
  await open();
  expect(await ends(ask('file-reader', { path: '.env' }))).toBe('TOKA_CAPABILITY_DENIED');
});

async function answering(decision: Answer['decision']): Promise<{ readonly asked: string[] }> {
  const asked: string[] = [];
  await open({
    approver: async (_, { capability }) => {
      asked.push(capability.action);
      return Promise.resolve({ decision, by: 'test' });
    },
  });
  return { asked };
}

holds('what is missing is asked for', async () => {
  const { asked } = await answering('deny');
  await toka.run(greet());
  expect(asked).toEqual(['exec']);
});

holds('without a person what is missing is denied', async () => {
  await open();
  expect(await ends(greet())).toBe('TOKA_CAPABILITY_DENIED');
});

holds('what a rule denies is not asked for', async () => {
  userConfig('policy: { deny: [proc:exec] }\n');
  const { asked } = await answering('once');
  await toka.run(greet());
  expect(asked).toEqual([]);
});

holds('a person may deny', async () => {
  await answering('deny');
  expect(await ends(greet())).toBe('TOKA_CAPABILITY_DENIED');
});

holds('what a person grants is authorized anew', async () => {
  await open();
  expect((await toka.prepare(greet())).decision?.missing).toEqual([]);
});

holds('depth', async () => {
  await open();
  const all = new EffectiveSet([{ capability: { domain: 'fs', action: 'read' }, source: 'test' }]);
  const below = (depth: number): Principal => Array.from({ length: depth }).reduce<Principal>((principal) => principal.narrow('run:1', all), Principal.person('user:1'));
  expect([await plans(read({ principal: below(16) })), await plans(read({ principal: below(17) }))]).toEqual(['planned', 'TOKA_DEPTH_LIMIT']);
});

for (const name of ['rate limit', 'a refusal ends the run']) {
  holds(name, async () => {
    userConfig('limits: [{ window: { runs: 1, per: 1h } }]\n');
    await open();
    expect([await ends(read()), await ends(read())]).toEqual(['ok', 'TOKA_RATE_LIMIT']);
  });
}

for (const name of ['budget', 'output of code in the process']) {
  holds(name, async () => {
    await open();
    expect([await ends(read({ budget: { bytes: 100 } })), await ends(read({ budget: { bytes: 1 } }))]).toEqual(['ok', 'TOKA_BUDGET_EXCEEDED']);
  });
}

holds('budget of a token', async () => {
  await open();
  const all = new EffectiveSet([{ capability: { domain: 'fs', action: 'read' }, source: 'test' }]);
  const until = Date.now() + 60_000;
  const principal = Principal.bearer('user:1', all, { chain: ['1'], budgets: [{ token: '1', budget: { calls: 1 }, until }], expiresAt: until, check: () => undefined });
  expect([await ends(read({ principal })), await ends(read({ principal }))]).toEqual(['ok', 'TOKA_BUDGET_EXCEEDED']);
});

holds('budget of the configuration', async () => {
  userConfig('budget: { bytes: 1 }\n');
  await open();
  expect(await ends(read())).toBe('TOKA_BUDGET_EXCEEDED');
});

holds('a budget is understood', async () => {
  await open();
  expect(await ends(read({ budget: { bytes: Number.NaN } }))).toBe('TOKA_USAGE');
});

holds('time of code in the process', async () => {
  await open();
  expect(await ends(steps('sleep 3', { timeoutMs: 500 }))).toBe('TOKA_TIMED_OUT');
});

holds('what is reserved is settled', async () => {
  await open();
  await toka.run(read({ budget: { calls: 1 } }));
  expect(await (await toka.journal()).commit(({ ledger }) => ledger.list('budget/'))).toEqual([]);
});

holds('children draw on the budget', async () => {
  await open();
  expect(await ends(steps('true', { budget: { calls: 1 } }))).toBe('TOKA_BUDGET_EXCEEDED');
});

holds('a plan is lowered to the budget', async () => {
  here.write(tool('greet', 'head -c 5000 /dev/zero'));
  await open();
  expect(await ends(greet({ allow, budget: { bytes: 10 } }))).toBe('TOKA_BUDGET_EXCEEDED');
});

holds('network of code in the process', async () => {
  await open();
  const { tool: reader } = await toka.findTool('file-reader');
  const effective = new EffectiveSet([{ capability: { domain: 'net', action: 'connect', scope: 'example.org:443' }, source: 'test' }]);
  const decision = { effective, missing: [], fallen: [], verdicts: [] };
  const run: Run = { ...(await toka.prepare(read())), tool: reader, decision };
  await expect(isolate(run, {} as House)).rejects.toMatchObject({ code: 'TOKA_NETWORK_UNAVAILABLE' });
});

holds('a token that does not hold', async () => {
  await open();
  const expired = new TokaError('TOKA_TOKEN_EXPIRED', 'the token has expired');
  expect(await ends(read({ principal: Principal.refused(expired) }))).toBe('TOKA_TOKEN_EXPIRED');
});

holds('what was vouched for is what runs', async () => {
  await open();
  const run = await toka.prepare(greet({ allow }));
  await expect(isolate({ ...run, lockedCode: 'of other bytes' }, { projectRoot: here.project } as House)).rejects.toMatchObject({ code: 'TOKA_LOCK_DRIFT' });
});

holds('sandbox demand', async () => {
  await open();
  const { PATH } = process.env;
  process.env['PATH'] = here.home;
  try {
    expect(await plans(greet({ allow }))).toBe('TOKA_SANDBOX_UNAVAILABLE');
  } finally {
    process.env['PATH'] = PATH;
  }
});

holds('only bundled code runs in the process', async () => {
  here.write(tool('foreign', 'export default {}', { type: 'native' }));
  await open();
  expect((await toka.prepare(ask('foreign', {}, { allow: ['proc:exec:node'] }))).plan).toBeDefined();
});

holds('scope unsupported', async () => {
  here.write(tool('greet', 'true', { capabilities: { required: ['fs:read:*.txt'] } }));
  await open();
  expect(await plans(greet({ allow: [...allow, 'fs:read:**'] }))).toBe('TOKA_SCOPE_UNSUPPORTED');
});

holds('intent before effect', async () => {
  await open();
  const seen: string[] = [];
  const request = ask('file-writer', { path: 'made.txt', content: 'x' }, { allow: ['fs:read:**', 'fs:write:**'] });
  const { runId } = await toka.run({ ...request, onEvent: ({ type, run }) => void (type === 'started' && seen.push(...recordedNow(run))) });
  expect([seen, (await (await toka.journal()).read(runId)).length]).toEqual([['run.requested', 'run.started'], 4]);
});

holds('toka’s own folders are hidden', async () => {
  const script = `mkdir -p ${here.home}/config/toka && echo forged > ${here.home}/config/toka/config.yaml`;
  here.write(tool('greet', script, { capabilities: { required: [`fs:write:${here.home}/**`] } }));
  await open();
  await toka.run(greet({ allow: [...allow, `fs:write:${here.home}/**`] }));
  expect(existsSync(join(here.home, 'config/toka/config.yaml'))).toBe(false);
});

holds('stopped at a limit', async () => {
  here.write(tool('greet', 'sleep 60'));
  await open();
  expect(await ends(greet({ allow, timeoutMs: 200 }))).toBe('TOKA_TIMED_OUT');
});

holds('a failure is no success', async () => {
  await open();
  expect(await ends(ask('file-reader', { path: 'nowhere.txt' }))).toBe('TOKA_RUN_FAILED');
});

holds('output schema', async () => {
  here.write(tool('greet', 'echo 7', { outputs: { schema: { type: 'string' } } }));
  await open();
  expect(await ends(greet({ allow }))).toBe('TOKA_OUTPUT_INVALID');
});

holds('what was cancelled does not begin', async () => {
  await open();
  expect(await types(await toka.run(read({ signal: AbortSignal.abort() })))).not.toContain('run.started');
});

holds('what is not recorded is no success', async () => {
  await open();
  await (await toka.journal()).close();
  expect(await ends(read())).not.toBe('ok');
  await open();
});

holds('secrets are not recorded', async () => {
  here.write(tool('greet', 'true', { parameters: [{ name: 'token', type: 'secret', description: 'The token', pass: { env: 'TOKEN' } }] }));
  await open();
  // Too short for the mask, which would find a longer one.
  const { runId } = await toka.run(ask('greet', { token: '%%%' }));
  expect(JSON.stringify(await (await toka.journal()).read(runId))).not.toContain('%%%');
});
