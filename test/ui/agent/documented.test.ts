import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAgent } from '../../../src/ui/agent/run.ts';
import { AgentPlace, calls, type Reply } from '../../support/agent.ts';
import { doorInto } from '../../support/door.ts';

/** The rows of the table of a schema in docs/agents.md, without their code marks. */
function table(schema: string): string[][] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/agents.md'), 'utf8');
  const [, rest = ''] = page.split(`<!-- fields: ${schema} -->`);
  const rows = rest.trimStart().split('\n\n')[0]?.split('\n').slice(2) ?? [];
  return rows.map((row) => row.split(' | ').map((cell) => cell.replaceAll(/[`|]/g, '').trim()));
}

let agent: AgentPlace;
type Line = Record<string, unknown>;

/** Of a run that succeeds, and of one that is denied something. */
let lines: Line[];
let denied: Line[];
beforeAll(async () => {
  agent = new AgentPlace({ 'form.yaml': 'type: string\n' });
  const usage = { inputTokens: 10, outputTokens: 5, cachedTokens: 1, reasoningTokens: 1 };
  const list = calls(['tasks', { tasks: [{ id: 'a', title: 'Look', status: 'doing' }] }]);
  const end = { text: '"done"', usage };
  lines = await linesOf([{ ...list, text: 'I begin.', reasoning: 'hm', usage }, end]);
  denied = await linesOf([calls(['file-writer', { path: 'a.txt', content: '' }]), end]);
});

async function linesOf(script: readonly Reply[]): Promise<Line[]> {
  const { door, written } = doorInto(agent.here);
  await runAgent(undefined, 'Do it.', { continue: false, ephemeral: false, output: 'stream-json', plan: false, record: false, schema: 'form.yaml', model: agent.script(script) }, door);
  return written.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
}

afterAll(async () => agent[Symbol.asyncDispose]());

test('a result has the documented fields, those that are always there among them', () => {
  const documented = table('toka/agent-result/v1').map(([name = '', when]) => ({ name, isAlways: when === 'always' }));
  const [good = [], bad = []] = [lines, denied].map((each) => Object.keys(each.at(-1) ?? {}));
  expect([...new Set([...good, ...bad])].toSorted()).toEqual(documented.map(({ name }) => name).toSorted());
  const always = documented.flatMap(({ name, isAlways }) => (isAlways ? [name] : []));
  for (const found of [good, bad]) expect(found).toEqual(expect.arrayContaining(always));
});

test('an event has the documented members', () => {
  const documented = new Map(table('toka/agent-event/v1').map(([type = '', members = '']) => [type, members.split(', ')]));
  const heard = lines.slice(0, -1).map(({ schema: _schema, type, run: _run, ...members }) => [String(type), Object.keys(members)] as const);
  for (const [type, members] of heard) for (const member of members) expect(documented.get(type), `${type}.${member}`).toContain(member);
  expect([...new Set(heard.map(([type]) => type))]).toEqual(expect.arrayContaining(['run-began', 'step-began', 'text', 'reasoning', 'step-ended', 'call-began', 'call-ended', 'tasks', 'notice']));
});

/** A program that was written for v1 goes on working: what it reads has the types that it had. */
test('a result of v1 keeps its types', () => {
  expect(lines.at(-1)).toMatchObject({
    schema: 'toka/agent-result/v1',
    runId: expect.any(String) as unknown,
    agent: 'agent/assistant',
    model: expect.stringMatching(/^scripted\//) as unknown,
    session: expect.any(String) as unknown,
    status: 'succeeded',
    exitCode: 0,
    text: '"done"',
    answer: 'done',
    tasks: [{ id: 'a', title: 'Look', status: 'doing' }],
    denied: [],
    notices: [expect.stringContaining('is no language model') as unknown],
    usage: { inputTokens: 20, outputTokens: 10, cachedTokens: 2, reasoningTokens: 2, steps: 2, calls: 1, wallMs: expect.any(Number) as unknown },
  });
  expect(denied.at(-1)).toMatchObject({ status: 'denied', exitCode: 77, denied: ['files/file-writer'], error: { code: 'TOKA_CAPABILITY_DENIED', message: expect.any(String) as unknown } });
});
