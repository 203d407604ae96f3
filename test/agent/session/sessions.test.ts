import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sessions } from '../../../src/agent/session/sessions.ts';
import { AgentPlace } from '../../support/agent.ts';

let agent: AgentPlace;
let sessions: Sessions;
let id: string;
beforeEach(async () => {
  agent = new AgentPlace();
  sessions = await (await agent.open()).sessions();
  ({ id } = await sessions.create('assistant'));
});
afterEach(async () => agent[Symbol.asyncDispose]());

/** Says something in the session; its model answers with the number of the answer in it. */
async function say(text: string, session = id): Promise<string> {
  const { head } = await sessions.get(session);
  const replies = ['1', '2', '3', '4'].map((number) => ({ text: number }));
  const { result } = await agent.ask(replies, { text, params: { session, ...(head === undefined ? {} : { after: head }) } });
  expect(result.status).toBe('succeeded');
  return result.runId;
}

async function said(session = id): Promise<string[]> {
  return (await sessions.history(session)).flatMap((message) => ('parts' in message ? message.parts.map((part) => ('text' in part ? part.text : '')) : []));
}

describe('a session', () => {
  test('goes on with what was said before', async () => {
    await say('a');
    await say('b');
    expect(await said()).toEqual(['a', '1', 'b', '2']);
    expect(await sessions.get(id)).toMatchObject({ title: 'a', turns: 2 });
  });

  test('is gone on with by one at a time', async () => {
    const first = await say('a');
    await say('b');
    const { result } = await agent.ask([{ text: 'late' }], { params: { session: id, after: first } });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'TOKA_SESSION_CONFLICT' } });
    expect(await said()).toEqual(['a', '1', 'b', '2']);
  });

  test('stands first as soon as it is gone on with, so that it is found again after a crash', async () => {
    const { id: other } = await sessions.create('assistant');
    await say('a', other);
    let listed: Promise<string[]> | undefined;
    await agent.ask([{ text: 'slow', end: 'hang' }], {
      params: { session: id },
      signal: AbortSignal.timeout(300),
      onEvent: ({ type }) => {
        if (type === 'text') listed ??= sessions.list().then((all) => all.map((each) => each.id));
      },
    });
    expect(await listed).toEqual([id, other]);
  });

  test('can be forked where it was earlier', async () => {
    const first = await say('a');
    await say('b');
    const fork = await sessions.fork(id, first);
    await say('c', fork.id);
    expect(await said(fork.id)).toEqual(['a', '1', 'c', '2']);
    expect(await said()).toEqual(['a', '1', 'b', '2']);
  });

  test('can be taken back', async () => {
    const first = await say('a');
    await say('b');
    expect(await sessions.rewind(id, first)).toMatchObject({ head: first, turns: 1 });
    await say('c');
    expect(await said()).toEqual(['a', '1', 'c', '2']);
  });

  test('is found by the beginning of its id, and forgotten', async () => {
    expect(await sessions.find(id.slice(0, 30))).toMatchObject({ id });
    await sessions.remove(id);
    await expect(sessions.find(id)).rejects.toMatchObject({ code: 'TOKA_SESSION_UNKNOWN' });
  });

  test('is shortened to what its person said, and a summary', async () => {
    for (const text of ['a', 'b', 'c', 'd']) await say(text);
    const { head } = await sessions.get(id);
    const { result } = await agent.ask([{ when: 'Summarise now', text: 'the summary' }], { params: { session: id, ...(head === undefined ? {} : { after: head }), compact: true } });
    expect(result.status).toBe('succeeded');
    const [summary, own, ...rest] = await sessions.history(id);
    expect(summary).toMatchObject({ role: 'summary', text: 'the summary' });
    expect(own).toMatchObject({ role: 'user', parts: [{ text: 'a' }, { text: 'b' }] });
    expect(rest).toHaveLength(6);
  });
});
