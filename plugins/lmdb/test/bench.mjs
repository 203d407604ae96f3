// Measures the backend against LMDB itself, in turns, and prints ratios: durable appends, those of 8 processes, reading, opening. LMDB keeps
// the same events by position, and where each stands in its stream.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import lmdb from '../src/lmdb.ts';

const ROUNDS = 40;
const APPENDS = 25;
const READ_ROUNDS = 5;
const READS = 100_000;
const PROCESSES = 8;
const BODY = JSON.stringify({ type: 'noted', text: 'x'.repeat(450) });
const event = { time: 1, body: BODY, hash: 'ab'.repeat(32), nodes: 'cd'.repeat(64) };
const folder = mkdtempSync(join(tmpdir(), 'toka-lmdb-bench-'));

if (process.argv[2] === 'write') await write(process.argv[3], process.argv[4]);
else await measure();
rmSync(folder, { recursive: true });

async function measure() {
  const storage = await lmdb.open({ location: join(folder, 'ours') });
  const raw = openRaw();
  const rates = { ours: [], raw: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.ours.push(await rate(APPENDS, (at) => storage.append(`round-${round}`, [event], at)));
    rates.raw.push(await rate(APPENDS, (at) => put(raw, round * APPENDS + at)));
  }
  report('durable appends a second', median(rates.ours), median(rates.raw));
  report(`the same in ${PROCESSES} processes, against one`, await together(), median(rates.ours));

  await storage.transaction(async (own) => {
    for (let at = 0; at < READS; at += 1000) await own.append('many', Array.from({ length: 1000 }, () => event), at);
  });
  raw.transactionSync(() => {
    for (let at = 0; at < READS; at++) raw.putSync(keyOf(1e6 + at), Buffer.from(BODY));
  });
  const reads = { ours: [], raw: [] };
  for (let round = 0; round < READ_ROUNDS; round++) {
    reads.ours.push(await rate(READS, undefined, () => readAll(storage)));
    reads.raw.push(await rate(READS, undefined, () => Array.from(raw.getRange({ start: keyOf(1e6), end: keyOf(2e6) }), ({ key, value }) => ({ at: key.readUInt32BE(4), text: value.toString() })).length));
  }
  report('events read a second', median(reads.ours), median(reads.raw));
  const [empty, full] = [await opening(join(folder, 'empty')), await opening(join(folder, 'ours'))];
  console.log(`opening: ${empty.toFixed(2)} ms empty, ${full.toFixed(2)} ms with ${(await storage.ends()).events} events`);
  await storage.close();
  await raw.close();
}

function openRaw() {
  return openLmdb({ path: join(folder, 'raw'), noSubdir: false, keyEncoding: 'binary', encoding: 'binary', overlappingSync: false });
}

function put(raw, at) {
  raw.transactionSync(() => {
    raw.putSync(keyOf(at), Buffer.from(BODY));
    raw.putSync(Buffer.from(`stream/${String(at).padStart(8, '0')}`), keyOf(at));
  });
}

function keyOf(at) {
  const key = Buffer.alloc(8);
  key.writeUInt32BE(at, 4);
  return key;
}

async function readAll(storage) {
  for (let after = 0; ; ) {
    const events = await storage.readAll({ after, limit: 1000 });
    if (events.length === 0) break;
    after = events.at(-1).position;
  }
}

async function opening(location) {
  await (await lmdb.open({ location })).close();
  const start = performance.now();
  await (await lmdb.open({ location })).close();
  return performance.now() - start;
}

async function write(location, stream) {
  const storage = await lmdb.open({ location });
  process.send('ready');
  await once(process, 'message');
  for (let at = 0; at < ROUNDS * APPENDS / 4; at++) await storage.append(stream, [event], at);
  await storage.close();
  process.disconnect();
}

async function together() {
  const location = join(folder, 'together');
  await (await lmdb.open({ location })).close();
  const writers = Array.from({ length: PROCESSES }, (_, at) =>
    spawn(process.execPath, [import.meta.filename, 'write', location, `writer-${at}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  );
  await Promise.all(writers.map((writer) => once(writer, 'message')));
  return rate((PROCESSES * ROUNDS * APPENDS) / 4, undefined, async () => {
    for (const writer of writers) writer.send('go');
    await Promise.all(writers.map((writer) => once(writer, 'exit')));
  });
}

async function rate(count, each, work) {
  const start = performance.now();
  if (work) await work();
  else for (let at = 0; at < count; at++) await each(at);
  return (count / (performance.now() - start)) * 1000;
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

function report(what, ours, theirs) {
  console.log(`${what}: ${Math.round(ours)}, of ${Math.round(theirs)}: ${(ours / theirs).toFixed(2)}`);
}
