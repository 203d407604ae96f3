import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { place, type Place, tool } from '../support/cli.ts';

interface Recorded {
  readonly seq: number;
  readonly run: string;
  readonly outcome: string;
  readonly [name: string]: unknown;
}

/** A run that reads a file, and one that is denied. */
async function recorded(): Promise<Place> {
  const here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello') });
  await here.run(['run', 'file-reader', 'notes.txt']);
  await here.run(['run', 'file-writer', 'new.txt', '--content', 'two']);
  return here;
}

function edit(here: Place, sql: string): void {
  const db = new DatabaseSync(join(here.project, '.toka/state/journal.db'));
  db.exec(sql);
  db.close();
}

test('who, what, parameters, decision, outcome and usage are listed, newest first', async () => {
  using here = await recorded();
  const { schema, records } = await here.json<{ schema: string; records: Recorded[] }>(['audit', 'list']);
  expect(schema).toBe('toka/audit-list/v1');
  const [denied, read] = records;
  expect(read).toMatchObject({ seq: 1, tool: 'files/file-reader', door: 'cli', effect: 'read', outcome: 'succeeded', exitCode: 0, events: 4, denied: [] });
  expect(read).toMatchObject({
    principal: expect.stringMatching(/^user:/),
    manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    paramsDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    granted: [{ capability: expect.stringMatching(/^fs:read:.*notes\.txt$/), source: 'built-in' }],
    usage: { wallMs: expect.any(Number), outputBytes: expect.any(Number) },
  });
  expect(denied).toMatchObject({
    seq: 5,
    outcome: 'denied',
    errorCode: 'TOKA_CAPABILITY_DENIED',
    granted: [],
    denied: [{ capability: expect.stringMatching(/^fs:write:.*new\.txt$/), reason: expect.any(String) }],
  });
});

test('a grant by flag is told from one by rule', async () => {
  using here = place({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { allow: ["fs:read:notes.txt"] }\n', 'notes.txt': 'one\n', 'more.txt': 'two\n' });
  await here.run(['trust']);
  await here.run(['run', 'file-reader', 'notes.txt', '--allow', 'fs:read:notes.txt']);
  await here.run(['run', 'file-reader', 'notes.txt']);
  const { records } = await here.json<{ records: { granted: { source: string }[] }[] }>(['audit', 'list']);
  expect(records.map(({ granted }) => granted[0]?.source)).toEqual([expect.stringMatching(/toka\.yaml/), 'flag']);
});

test('the token that a run acted with is named by its id, and by those that it was made from', async () => {
  using here = place({ 'notes.txt': 'one\n' });
  await here.run(['auth', 'token', 'create', '--allow', 'fs:read:**', '--out', 'wide.token']);
  await here.run(['auth', 'token', 'attenuate', 'wide.token', '--allow', 'fs:read:notes.txt', '--out', 'narrow.token']);
  await here.run(['run', '--token', 'narrow.token', 'file-reader', 'notes.txt']);
  const { records } = await here.json<{ records: { outcome: string; tokens: string[] }[] }>(['audit', 'list']);
  expect(records.map(({ outcome, tokens }) => [outcome, tokens?.length])).toEqual([['succeeded', 2]]);
});

test('filters choose as those of runs list do', async () => {
  using here = await recorded();
  const seqs = async (...flags: string[]): Promise<number[]> => (await here.json<{ records: Recorded[] }>(['audit', 'list', ...flags])).records.map(({ seq }) => seq);
  expect(await seqs('--status', 'denied')).toEqual([5]);
  expect(await seqs('--tool', 'files/file-reader')).toEqual([1]);
  expect(await seqs('--limit', '1')).toEqual([5]);
  expect((await here.run(['audit', 'list', '--limit', 'many'])).code).toBe(2);
});

test('one record is shown by the sequence number of an event or by its run, with hashes', async () => {
  using here = await recorded();
  const one = await here.json<{ record: Recorded; events: { seq: number; leaf: string; event: { type: string } }[] }>(['audit', 'show', '4']);
  expect(one.events.map(({ seq, event }) => [seq, event.type])).toEqual([[4, 'run.finished']]);
  const all = await here.json<typeof one>(['audit', 'show', one.record.run.slice(0, 20)]);
  expect(all.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(all.events.at(-1)).toEqual(one.events[0]);
  expect((await here.run(['audit', 'show', '99'])).code).toBe(2);
  expect((await here.run(['audit', 'show', '1'])).stdout).toContain('fs:read:');
});

test('what nobody touched verifies; what somebody changed is located, with exit code 76', async () => {
  using here = await recorded();
  expect(await here.json(['audit', 'verify'])).toMatchObject({ schema: 'toka/audit-verify/v1', ok: true, events: 6, signed: 0, exit: 0 });
  edit(here, "UPDATE events SET body = replace(body, 'notes.txt', 'other.txt') WHERE position = 1");
  const { ok, findings, exit } = await here.json<{ ok: boolean; findings: unknown[] }>(['audit', 'verify']);
  expect({ ok, findings, exit }).toEqual({ ok: false, findings: [{ why: 'changed', position: 1, run: expect.any(String), seq: 1 }], exit: 76 });
  const { code, stdout } = await here.run(['audit', 'verify']);
  expect([code, stdout]).toEqual([76, expect.stringContaining('event 1')]);
});

test('a checkpoint that is kept elsewhere shows what was cut off without a trace', async () => {
  using here = await recorded();
  expect((await here.run(['audit', 'checkpoint', '--out', 'head.txt'])).code).toBe(0);
  expect(await here.json(['audit', 'verify', '--checkpoint', 'head.txt'])).toMatchObject({ ok: true, signed: 6, exit: 0 });
  edit(here, "DELETE FROM entries WHERE key IN (SELECT 'run/' || run FROM events WHERE position > 4) OR key LIKE 'checkpoint/%'; DELETE FROM events WHERE position > 4; DELETE FROM log WHERE position > 4");
  expect(await here.json(['audit', 'verify'])).toMatchObject({ ok: true, exit: 0 });
  expect(await here.json(['audit', 'verify', '--checkpoint', 'head.txt'])).toMatchObject({ ok: false, findings: [{ why: 'truncated', position: 5, size: 6 }], exit: 76 });
});

test('nothing is signed that does not verify', async () => {
  using here = await recorded();
  edit(here, 'DELETE FROM events WHERE position = 2');
  expect(await here.json(['audit', 'checkpoint'])).toMatchObject({ error: { code: 'TOKA_INTEGRITY' }, exit: 76 });
  edit(here, "DELETE FROM events; DELETE FROM log; DELETE FROM entries WHERE key LIKE 'run/%'");
  expect(await here.json(['audit', 'checkpoint'])).toMatchObject({ error: { code: 'TOKA_STATE_UNAVAILABLE' }, exit: 69 });
});

test('a proof is checked without the journal, and without the keyring by the key', async () => {
  using here = await recorded();
  expect((await here.run(['audit', 'prove', '1'])).code).toBe(2);
  const { key } = await here.json<{ key: string }>(['audit', 'checkpoint', '--out', 'head.txt']);
  const { stdout: whole } = await here.run(['audit', 'prove', '5']);
  const { records } = await here.json<{ records: Recorded[] }>(['audit', 'list', '--status', 'succeeded']);
  const { stdout: run } = await here.run(['audit', 'prove', records[0]?.run ?? '', '--checkpoint', 'head.txt']);
  const changed = whole.replace('new.txt', 'old.txt');
  expect(changed).not.toBe(whole);
  using elsewhere = place({ 'event.json': whole, 'run.json': run, 'changed.json': changed, 'head.txt': here.read('head.txt'), 'broken.json': '{"schema":"toka/audit-proof/v1"}' });
  const check = async (...args: string[]) => elsewhere.json(['audit', 'verify', '--proof', ...args]);
  expect(await check('event.json', '--key', key)).toMatchObject({ schema: 'toka/audit-verify-proof/v1', ok: true, proven: 1, size: 6, exit: 0 });
  expect(await check('run.json', '--key', key, '--checkpoint', 'head.txt')).toMatchObject({ ok: true, proven: 4, exit: 0 });
  expect(await check('event.json')).toMatchObject({ ok: false, signed: false, exit: 76 });
  expect(await check('changed.json', '--key', key)).toMatchObject({ ok: false, unproven: [5], exit: 76 });
  expect(await check('broken.json', '--key', key)).toMatchObject({ error: { code: 'TOKA_PROOF_INVALID' }, exit: 65 });
  expect(await check('event.json', '--key', 'no key')).toMatchObject({ error: { code: 'TOKA_USAGE' }, exit: 2 });
  expect(await check('nowhere.json')).toMatchObject({ error: { code: 'TOKA_USAGE' }, exit: 2 });
  expect(readdirSync(elsewhere.project)).not.toContain('.toka');
});

test('a proof by another checkpoint than the one at hand is told', async () => {
  using here = await recorded();
  await here.run(['audit', 'checkpoint', '--out', 'early.txt']);
  await here.run(['run', 'file-reader', 'notes.txt']);
  await here.run(['audit', 'checkpoint']);
  here.write({ 'proof.json': (await here.run(['audit', 'prove', '7'])).stdout });
  expect(await here.json(['audit', 'verify', '--proof', 'proof.json'])).toMatchObject({ ok: true, exit: 0 });
  expect(await here.json(['audit', 'verify', '--proof', 'proof.json', '--checkpoint', 'early.txt'])).toMatchObject({ ok: false, otherCheckpoints: [6], exit: 76 });
  expect(await here.json(['audit', 'prove', '7', '--checkpoint', 'early.txt'])).toMatchObject({ error: { code: 'TOKA_USAGE' }, exit: 2 });
});

test('checkpoints of a key that was rotated away still count', async () => {
  using here = await recorded();
  await here.run(['audit', 'checkpoint', '--out', 'head.txt']);
  await here.run(['auth', 'keys', 'rotate', '--overlap', '0s']);
  expect(await here.json(['audit', 'verify', '--checkpoint', 'head.txt'])).toMatchObject({ ok: true, signed: 6 });
  rmSync(join(here.home, 'state/toka/keys'), { recursive: true });
  expect(await here.json(['audit', 'verify'])).toMatchObject({ ok: false, findings: [{ why: 'checkpoint', field: 'signature' }], exit: 76 });
});

test('all records are exported, in three formats', async () => {
  using here = await recorded();
  const text = async (...flags: string[]): Promise<string[]> => (await here.run(['audit', 'export', ...flags])).stdout.trimEnd().split(/\r?\n/);
  expect((await text('--json')).map((line) => (JSON.parse(line) as Recorded).seq)).toEqual([5, 1]);
  expect(await text()).toEqual(await text('--json'));
  expect((await text('--format', 'csv')).map((line) => line.split(',')[0])).toEqual(['seq', '5', '1']);
  expect((await text('--format', 'cef', '--status', 'denied')).map((line) => line.split('|')[4])).toEqual(['run.denied']);
  expect((await here.run(['audit', 'export', '--format', 'xml'])).code).toBe(2);
});

test('nothing is recorded by looking', async () => {
  using here = place();
  expect(await here.json(['audit', 'list'])).toMatchObject({ records: [] });
  expect(await here.json(['audit', 'verify'])).toMatchObject({ ok: true, events: 0 });
  expect(readdirSync(here.project)).not.toContain('.toka');
});
