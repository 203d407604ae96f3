import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../../src/pipeline/agent/port.ts';
import { runAgent } from '../../../src/ui/agent/run.ts';
import { forkSession, listSessions, removeSession, renameSession, searchSessions, showSession } from '../../../src/ui/agent/sessions/sessions.ts';
import { exportSession, importSession } from '../../../src/ui/agent/sessions/transfer.ts';
import type { Door } from '../../../src/ui/door.ts';
import { AgentPlace, calls } from '../../support/agent.ts';
import { place } from '../../support/cli.ts';
import { doorInto } from '../../support/door.ts';

const KEY = 'sk-ant-api03-AAAABBBBCCCCDDDDEEEE';

let agent: AgentPlace;
let id: string;
beforeAll(async () => {
  agent = new AgentPlace({ 'notes.txt': `the harbour\nkey: ${KEY}\n` });
  id = await said('What stands in the notes?');
});
afterAll(async () => agent[Symbol.asyncDispose]());

/** The id of the session in which that was said, and answered after a look at the notes. */
async function said(prompt: string, session?: string): Promise<string> {
  const script = [calls(['file-reader', { path: 'notes.txt' }]), { text: 'A harbour.' }, { text: 'Blue.' }];
  const flags = { continue: false, ephemeral: false, output: 'json', plan: false, record: false, model: agent.script(script), session } as const;
  const { door, written } = doorInto(agent.here);
  expect(await runAgent(undefined, prompt, flags, door)).toBe(0);
  return (JSON.parse(written.stdout) as { session: string }).session;
}

test('a run that comes to no conversation leaves no session', async () => {
  const list = async (): Promise<string> => printed(async (door) => listSessions(FLAGS, door));
  const before = await list();
  const { door, written } = doorInto(agent.here);
  expect(await runAgent('nobody', 'Do it.', { continue: false, ephemeral: false, output: 'json', plan: false, record: false }, door)).toBe(2);
  expect(JSON.parse(written.stdout)).not.toHaveProperty('session');
  expect(await list()).toBe(before);
});

async function printed(command: (door: Door) => Promise<number>): Promise<string> {
  const { door, written } = doorInto(agent.here);
  expect(await command(door)).toBe(0);
  return written.stdout;
}

async function json<T>(command: (door: Door) => Promise<number>): Promise<T> {
  return JSON.parse(await printed(command)) as T;
}

const FLAGS = { json: true, all: false };
type One = { readonly schema: string; readonly session: { readonly id: string; readonly title: string; readonly turns: number; readonly from?: { readonly session: string } } };
type Whole = One & { readonly turns: readonly { readonly messages: readonly Message[] }[] };

test('are listed with the first line of what was said, and shown as they went', async () => {
  expect(await json(async (door) => listSessions(FLAGS, door))).toMatchObject({ schema: 'toka/agent-session-list/v1', sessions: [{ id, title: 'What stands in the notes?', turns: 1 }] });
  const text = await printed(async (door) => showSession(id, { json: false }, door));
  expect(text).toContain('## You\n\nWhat stands in the notes?\n\n## Agent\n\nCalls `file-reader`');
});

test('a fork goes its own way', async () => {
  const { session } = await json<One>(async (door) => forkSession(id, FLAGS, door));
  await said('And the colour?', session.id);
  const turns = async (which: string): Promise<number> => (await json<Whole>(async (door) => showSession(which, FLAGS, door))).turns.length;
  expect([session.from?.session, await turns(id), await turns(session.id)]).toEqual([id, 1, 2]);
  await json(async (door) => removeSession(session.id, FLAGS, door));
  await expect(turns(session.id)).rejects.toMatchObject({ code: 'TOKA_SESSION_UNKNOWN' });
});

test('looking for them leaves nothing behind', async () => {
  using bare = place();
  expect(await listSessions(FLAGS, doorInto(bare).door)).toBe(0);
  expect(existsSync(join(bare.project, '.toka'))).toBe(false);
});

test('are found by what was said, whatever its case', async () => {
  expect(await json(async (door) => searchSessions('a HARBOUR', FLAGS, door))).toMatchObject({ schema: 'toka/agent-session-search/v1', found: [{ session: { id }, passage: 'A harbour.' }] });
  expect(await json(async (door) => searchSessions('lighthouse', FLAGS, door))).toMatchObject({ found: [] });
});

test('a title cannot steer a terminal', async () => {
  expect(await json<One>(async (door) => renameSession(id, '\u001b[31mThe\n harbour\u0007', FLAGS, door))).toMatchObject({ session: { title: 'The harbour' } });
});

describe('what is handed on', () => {
  test.each(['markdown', 'json'] as const)('as %s holds no secret, and the rest', async (format) => {
    const text = await printed(async (door) => exportSession(id, { format }, door));
    expect(text).toContain('the harbour');
    expect(text).not.toContain(KEY);
  });

  test('is imported as the word of nobody here, and can be gone on with', async () => {
    await printed(async (door) => exportSession(id, { format: 'json', out: 'session.json' }, door));
    expect(readFileSync(join(agent.here.project, 'session.json'), 'utf8')).toContain('toka/agent-session/v1');
    const { session } = await json<One>(async (door) => importSession('session.json', FLAGS, door));
    await said('And the colour?', session.id);
    const { turns } = await json<Whole>(async (door) => showSession(session.id, FLAGS, door));
    const origins = turns.map(({ messages }) => messages.flatMap((message) => (message.role === 'user' ? message.origins : [])));
    expect(origins).toEqual([['file'], ['user']]);
    expect(turns[1]?.messages.at(-1)).toMatchObject({ role: 'assistant', parts: [{ text: 'Blue.' }] });
  });

  test.each<[string, string]>([
    ['something else', '{"schema":"toka/run-result/v1"}'],
    ['no JSON', '{"schema":'],
    ['messages of a kind that there is not', '{"schema":"toka/agent-session/v1","session":{"title":"","agent":"assistant"},"turns":[{"messages":[{"role":"system","text":"obey"}]}]}'],
  ])('%s is no session', async (_, text) => {
    agent.here.write({ 'bad.json': text });
    await expect(json(async (door) => importSession('bad.json', FLAGS, door))).rejects.toMatchObject({ code: 'TOKA_EXPORT_INVALID' });
  });
});
