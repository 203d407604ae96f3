import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { chainHash, GENESIS, leafHash } from '../../src/journal/chain.ts';
import { LAUNCHER, place, type Place, tool } from '../support/cli.ts';
import { record } from '../support/recorded.ts';

interface Imported {
  readonly schema: string;
  readonly imported: readonly string[];
  readonly known: readonly string[];
}
interface Shown {
  readonly events: readonly { readonly hash: string; readonly event: { readonly type: string; readonly [name: string]: unknown } }[];
}

const LARGE = 'x'.repeat(40_000);

/** A run with a large output, what it started, and what that started. */
async function recorded(): Promise<{ here: Place; ids: string[]; file: string }> {
  const here = place();
  const top = await record(here, { output: LARGE });
  const child = await record(here, { parent: top });
  const grandchild = await record(here, { parent: child, output: LARGE });
  return { here, ids: [top, child, grandchild], file: join(here.base, 'run.jsonl') };
}

async function exported(here: Place, run: string, file: string): Promise<string[]> {
  expect((await here.run(['runs', 'export', run, '--with-children', '--out', file])).code).toBe(0);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** Writes changed lines with an end that fits them: what an end alone could tell is not what finds the change. */
function sealed(file: string, lines: readonly string[], counts: object = JSON.parse(lines.at(-1) ?? '') as object): void {
  const body = lines.slice(0, -1).map((line) => `${line}\n`).join('');
  writeFileSync(file, `${body}${JSON.stringify({ ...counts, sha256: createHash('sha256').update(body).digest('hex') })}\n`);
}

async function refused(file: string): Promise<[string | undefined, number | null, string]> {
  using there = place();
  const { error, exit } = await there.json(['runs', 'import', file]);
  const { stdout } = await there.run(['events', 'tail']);
  return [error?.code, exit, stdout];
}

test('a run with all that it started is the same on another machine, with a note of where it comes from', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  using there = place();
  const before = await here.json<Shown>(['runs', 'show', ids[2] ?? '']);
  await exported(here, ids[0]?.slice(0, 30) ?? '', file);
  expect(await there.json<Imported>(['runs', 'import', file])).toMatchObject({ schema: 'toka/run-import/v1', run: ids[0], imported: ids, known: [], exit: 0 });
  const { events } = await there.json<Shown>(['runs', 'show', ids[2] ?? '']);
  expect(events.slice(0, -1)).toEqual(before.events);
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  expect(events.at(-1)?.event).toMatchObject({ type: 'run.imported', origin: expect.stringMatching(/^toka\/journal\/[0-9a-f]{32}$/), file: sum, by: expect.stringMatching(/^user:/) });
  expect((await there.run(['runs', 'logs', ids[2] ?? ''])).stdout).toBe(LARGE);
  expect((await there.run(['runs', 'tree', ids[0] ?? ''])).stdout.match(/files\/file-reader/g)).toHaveLength(3);
  expect(await there.json(['audit', 'verify'])).toMatchObject({ ok: true, events: 15, exit: 0 });
  expect(await there.json(['audit', 'show', ids[2] ?? ''])).toMatchObject({ record: { run: ids[2], importedFrom: events.at(-1)?.event['origin'] } });
  expect(await there.json(['runs', 'list', '--limit', '1'])).toMatchObject({ runs: [{ id: ids[2], importedFrom: events.at(-1)?.event['origin'] }] });
});

test('a run that was carried out is exported and verified as well', async () => {
  using here = place({ 'notes.txt': 'one\n', ...tool('greet', 'echo hello') });
  using there = place();
  const { runId } = await here.json(['run', 'file-reader', 'notes.txt']);
  const { stdout } = await here.run(['runs', 'export', runId]);
  there.write({ 'run.jsonl': stdout });
  expect(await there.json<Imported>(['runs', 'import', 'run.jsonl'])).toMatchObject({ imported: [runId], exit: 0 });
  expect(await there.json(['audit', 'verify'])).toMatchObject({ ok: true, events: 5 });
});

test('the file is for its owner alone, and whoever is left out of it is told', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const { code, stdout, stderr } = await here.run(['runs', 'export', ids[0] ?? '', '--out', file]);
  expect([code, stdout, statSync(file).mode & 0o777]).toEqual([0, '', 0o600]);
  expect(stderr).toContain('--with-children');
  expect(await here.json(['runs', 'export', ids[0] ?? '', '--out', file])).toMatchObject({ schema: 'toka/run-exported/v1', runs: 1, events: 4, blobs: 1, others: 2 });
});

test('to import once more, or where it comes from, is harmless; what is missing is added', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  using there = place();
  await here.run(['runs', 'export', ids[1] ?? '', '--out', file]);
  await there.run(['runs', 'import', file]);
  await exported(here, ids[0] ?? '', file);
  expect(await there.json<Imported>(['runs', 'import', file])).toMatchObject({ imported: [ids[0], ids[2]], known: [ids[1]] });
  expect(await there.json<Imported>(['runs', 'import', file])).toMatchObject({ imported: [], known: ids, exit: 0 });
  expect(await here.json<Imported>(['runs', 'import', file])).toMatchObject({ imported: [], known: ids, exit: 0 });
  await exported(there, ids[0] ?? '', file);
  expect(await here.json<Imported>(['runs', 'import', file])).toMatchObject({ imported: [], known: ids, exit: 0 });
  for (const one of [here, there]) expect(await one.json(['audit', 'verify'])).toMatchObject({ ok: true });
});

test('what was interrupted there is interrupted here', async () => {
  using here = place();
  using there = place();
  const run = await record(here, { requested: { process: { pid: 1, boot: 'another' } }, finished: null });
  await exported(here, run, join(here.base, 'run.jsonl'));
  await there.run(['runs', 'import', join(here.base, 'run.jsonl')]);
  expect(await there.json(['runs', 'list'])).toMatchObject({ runs: [{ id: run, status: 'interrupted' }] });
  const { error, exit } = await there.json(['runs', 'resume', run, '--retry']);
  expect([exit, error?.code, error?.message]).toEqual([2, 'TOKA_RUN_NOT_RESUMABLE', expect.stringContaining('imported')]);
});

test('a file with a run that none of the others has started, or with bytes that no event names, is refused', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const isEvent = (line: string): boolean => line.startsWith('{"run"');
  const stranger = (await exported(here, await record(here), file)).filter(isEvent);
  const lines = await exported(here, ids[0] ?? '', file);
  const [events, rest] = [lines.filter(isEvent), lines.slice(1, -1).filter((line) => !isEvent(line))];
  const [head = '', end = ''] = [lines[0], lines.at(-1)];
  sealed(file, [head, ...events, ...stranger, ...rest, end], { end: { events: events.length + stranger.length, blobs: rest.length } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  const blob = JSON.stringify({ blob: createHash('sha256').update('more').digest('hex'), base64: Buffer.from('more').toString('base64') });
  sealed(file, [head, ...events, ...rest, blob, end], { end: { events: events.length, blobs: rest.length + 1 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
});

test('a run that goes on is not exported, nor one that is damaged', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  const running = await record(here, { finished: null });
  expect(await here.json(['runs', 'export', running])).toMatchObject({ exit: 69, error: { code: 'TOKA_RUN_ACTIVE' } });
  await record(here, { parent: ids[2] ?? '', finished: null });
  expect(await here.json(['runs', 'export', ids[0] ?? '', '--with-children'])).toMatchObject({ exit: 69, error: { code: 'TOKA_RUN_ACTIVE' } });
  const db = new DatabaseSync(join(here.project, '.toka/state/journal.db'));
  db.exec("UPDATE events SET body = replace(body, 'README', 'readme') WHERE position = 5");
  db.close();
  expect(await here.json(['runs', 'export', ids[1] ?? ''])).toMatchObject({ exit: 76, error: { code: 'TOKA_INTEGRITY' } });
  expect(await here.json(['runs', 'export', 'ffffffff'])).toMatchObject({ exit: 2, error: { code: 'TOKA_RUN_UNKNOWN' } });
});

test('where the file cannot be written nothing is left, and it is said', async () => {
  const { here, ids } = await recorded();
  using _ = here;
  expect(await here.json(['runs', 'export', ids[0] ?? '', '--out', join(here.base, 'nowhere/run.jsonl')])).toMatchObject({ error: { code: 'TOKA_FS_FAILED' } });
});

test('each changed byte is found, and nothing is recorded', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const lines = await exported(here, ids[0] ?? '', file);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('README', 'readme'));
  expect(await refused(file)).toEqual(['TOKA_INTEGRITY', 76, '']);
  sealed(file, lines.map((line) => line.replace('README', 'readme')));
  expect(await refused(file)).toEqual(['TOKA_INTEGRITY', 76, '']);
  sealed(file, lines.map((line) => line.replace('eHh4', 'eXh4')));
  expect(await refused(file)).toEqual(['TOKA_INTEGRITY', 76, '']);
  const swapped = [...lines];
  [swapped[2], swapped[3]] = [lines[3] ?? '', lines[2] ?? ''];
  sealed(file, swapped);
  expect(await refused(file)).toEqual(['TOKA_INTEGRITY', 76, '']);
}, 60_000);

test('what was cut off is found wherever it ends', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const lines = await exported(here, ids[0] ?? '', file);
  const text = readFileSync(file, 'utf8');
  const cuts = [text.slice(0, -1), text.slice(0, -10), `${lines.slice(0, -1).join('\n')}\n`, `${lines[0]}\n`, ''];
  for (const cut of cuts) {
    writeFileSync(file, cut);
    expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  }
}, 60_000);

test('another file, a newer format and what fits no run are refused by their names', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const lines = await exported(here, ids[0] ?? '', file);
  const counts = { end: { events: 12, blobs: 1 } };
  sealed(file, lines.map((line) => line.replace('run-export/v1', 'run-export/v2')));
  expect(await refused(file)).toEqual(['TOKA_EXPORT_VERSION', 65, '']);
  sealed(file, lines.map((line) => line.replace('toka/run-export/v1', 'toka/audit-proof/v1')));
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  const withoutBlob = lines.filter((line) => !line.startsWith('{"blob"'));
  sealed(file, withoutBlob, { end: { events: 12, blobs: 0 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  sealed(file, lines.filter((_line, at) => at < 1 || at > 4), { end: { events: 8, blobs: 1 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  sealed(file, lines, { ...counts, end: { events: 13, blobs: 0 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
  expect(await refused(here.project)).toEqual(['TOKA_USAGE', 2, '']);
  expect(await refused(join(here.base, 'none'))).toEqual(['TOKA_USAGE', 2, '']);
}, 60_000);

test('events that make no run are refused, however well they are chained', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const lines = await exported(here, ids[2] ?? '', file);
  const [head = '', first = '', , third = '', ...rest] = lines;
  let chain: Uint8Array = GENESIS;
  const chained = [first, third].map((line, at) => {
    const event = { ...(JSON.parse(line) as { run: string; time: number; body: string }), seq: at + 1 };
    chain = chainHash(chain, leafHash(event));
    return JSON.stringify({ ...event, hash: Buffer.from(chain).toString('hex') });
  });
  sealed(file, [head, ...chained, ...rest.slice(1)], { end: { events: 2, blobs: 1 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
});

test('that a run was pruned is nothing that another journal can say', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const [head = '', ...rest] = await exported(here, ids[2] ?? '', file);
  const events = rest.filter((line) => line.startsWith('{"run"'));
  const last = JSON.parse(events.at(-1) ?? '') as { run: string; seq: number; time: number; hash: string };
  const body = JSON.stringify({ v: 1, type: 'run.pruned', events: last.seq, stateHash: '0'.repeat(64), timesHash: '0'.repeat(64), rule: 'x', by: 'user', toka: '0.1.0' });
  const event = { ...last, seq: last.seq + 1, body };
  const hash = Buffer.from(chainHash(Buffer.from(last.hash, 'hex'), leafHash(event))).toString('hex');
  sealed(file, [head, ...events, JSON.stringify({ ...event, hash }), ...rest.slice(events.length)], { end: { events: event.seq, blobs: 1 } });
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
});

test('another run of the same id is never overwritten', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  using there = place();
  const lines = await exported(here, ids[2] ?? '', file);
  let chain: Uint8Array = GENESIS;
  const forged = lines.map((line) => {
    if (!line.startsWith('{"run"')) return line;
    const event = JSON.parse(line) as { run: string; seq: number; time: number; body: string };
    const other = { ...event, time: event.time - 1 };
    chain = chainHash(chain, leafHash(other));
    return JSON.stringify({ ...other, hash: Buffer.from(chain).toString('hex') });
  });
  await there.run(['runs', 'import', file]);
  sealed(file, forged);
  expect(await there.json(['runs', 'import', file])).toMatchObject({ exit: 76, error: { code: 'TOKA_INTEGRITY' } });
  expect(await there.json(['audit', 'verify'])).toMatchObject({ ok: true, events: 5 });
});

test('a run from the future is refused rather than dated back', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  const lines = await exported(here, ids[2] ?? '', file);
  let chain: Uint8Array = GENESIS;
  const later = lines.map((line) => {
    if (!line.startsWith('{"run"')) return line;
    const event = JSON.parse(line) as { run: string; seq: number; time: number; body: string };
    const other = { ...event, time: event.time + 86_400_000 };
    chain = chainHash(chain, leafHash(other));
    return JSON.stringify({ ...other, hash: Buffer.from(chain).toString('hex') });
  });
  sealed(file, later);
  expect(await refused(file)).toEqual(['TOKA_EXPORT_INVALID', 65, '']);
});

test('two imports of the same file at once record it once', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  using there = place();
  await exported(here, ids[0] ?? '', file);
  const both = await Promise.all([1, 2].map(async () => there.json<Imported>(['runs', 'import', file])));
  expect(both.map(({ exit }) => exit)).toEqual([0, 0]);
  expect(both.flatMap(({ imported }) => imported)).toHaveLength(3);
  expect(await there.json(['audit', 'verify'])).toMatchObject({ ok: true, events: 15 });
});

test('a record that cannot be written takes no import, and gives an export', async () => {
  const { here, ids, file } = await recorded();
  using _ = here;
  await exported(here, ids[0] ?? '', file);
  const toka = (...words: string[]): unknown => here.spawn('bwrap', ['--dev-bind', '/', '/', '--ro-bind', here.project, here.project, process.execPath, LAUNCHER, ...words]);
  expect(toka('runs', 'import', file)).toMatchObject({ status: 69 });
  expect(toka('runs', 'export', ids[0] ?? '')).toMatchObject({ status: 0 });
});
