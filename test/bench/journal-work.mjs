// What a storage backend and the journal on it take, beside its driver alone: started by journal.mjs in a process of its own, prints JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createIds, systemClock, systemRandom } from '../../dist/journal/ids.js';
import { journalOn } from '../../dist/journal/journal.js';
import { replay } from '../../dist/journal/replay.js';
import { parse } from '../../dist/journal/audit-run.js';
import { sqliteStorage } from '../../dist/journal/sqlite/storage.js';
import { EVENTS } from './events.mjs';
import { interleaved } from './measure.mjs';

const [what, id, folder, given] = process.argv.slice(2);
const counts = JSON.parse(given);
const PAGE = 1000;
const BODY = JSON.stringify(EVENTS[0]);
const EVENT = { time: 1_755_555_555_555, body: BODY, hash: 'ab'.repeat(32), nodes: 'cd'.repeat(64) };
const nextId = createIds(systemClock, systemRandom);

const { openRaw } = await import(id === 'lmdb' || id === 'postgres' ? `../../plugins/${id}/test/raw.mjs` : './raw-sqlite.mjs');
const works = { append: appended, together, writer: written, many, stream: streamed, replayed };
console.log(JSON.stringify((await works[what]()) ?? null));

function storageOf() {
  if (id === 'sqlite') return sqliteStorage;
  const { default: found } = createRequire(import.meta.url)(join(import.meta.dirname, `../../plugins/${id}/dist/${id}.cjs`));
  return found;
}

/** Where a storage of that name stands; the folder of a PostgreSQL is that of its socket. */
function place(name) {
  if (id === 'postgres') return `postgres://toka@/postgres?host=${folder}&schema=${name}`;
  mkdirSync(join(folder, id), { recursive: true });
  return join(folder, id, name);
}

async function open(name) {
  const location = place(name);
  return storageOf().open(id === 'postgres' ? { location } : { location, root: folder });
}

/** Appends in turn: a backend, its driver alone, and a file with fdatasync; then the journal with all that it keeps of a run, and its driver. */
async function appended() {
  const storage = await open('appended');
  const journaled = await open('journaled');
  const journal = journalOn(journaled, 'bench', systemClock);
  const [raw, rawRuns] = [await openRaw(place('raw'), { page: PAGE }), await openRaw(place('raw_runs'), { page: PAGE })];
  const file = openSync(join(folder, `${id}-appended`), 'a');
  const bytes = Buffer.from(BODY + EVENT.hash + EVENT.nodes);
  const run = EVENTS.map((event) => ({ ...EVENT, body: JSON.stringify(event) }));
  const summary = Buffer.from(JSON.stringify({ head: 4, hash: EVENT.hash, state: EVENTS[0] }));
  let version = 0;
  const write = () => {
    writeSync(file, bytes);
    fdatasyncSync(file);
  };
  const several = (work) => async () => {
    for (let count = 0; count < counts.batch; count++) await work();
  };
  const measured = await interleaved(
    {
      file: several(write),
      raw: several(() => raw.append([EVENT])),
      storage: several(() => storage.append('one', [EVENT], version++)),
      rawRun: several(() => rawRuns.append(run, summary)),
      journal: several(() => journal.append(nextId(), EVENTS, 0)),
    },
    { samples: counts.samples, warmup: counts.warmup },
  );
  closeSync(file);
  for (const one of [storage, journaled, raw, rawRuns]) await one.close();
  return measured;
}

/** Events a second of one writer, and of eight at once, in turn. */
async function together() {
  await (await open('together')).close();
  const rates = { one: [], eight: [] };
  for (let round = 0; round < counts.rounds; round++) {
    rates.one.push(await rateOf(1, round));
    rates.eight.push(await rateOf(8, round));
  }
  return rates;
}

async function rateOf(processes, round) {
  const script = [import.meta.filename, 'writer', id, folder, JSON.stringify({ ...counts, stream: `${processes}/${round}` })];
  const writers = Array.from({ length: processes }, (_, at) => spawn(process.execPath, [...script, String(at)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  await Promise.all(writers.map((writer) => once(writer, 'message')));
  const started = performance.now();
  const ends = writers.map((writer) => once(writer, 'exit'));
  for (const writer of writers) writer.send('go');
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error(`a writer ended with ${code}`);
  return (processes * counts.appends) / ((performance.now() - started) / 1000);
}

async function written() {
  const storage = await open('together');
  process.send('ready');
  await once(process, 'message');
  const stream = `${counts.stream}/${process.argv[6]}`;
  for (let at = 0; at < counts.appends; at++) await storage.append(stream, [EVENT], at);
  await storage.close();
  process.disconnect();
}

/** Reading, and opening, where there are many events. */
async function many() {
  const empty = await open('empty');
  await empty.close();
  const full = await open('many');
  await fill(full);
  const raw = await openRaw(place('raw_many'), { page: PAGE });
  for (let at = 0; at < counts.read; at += PAGE) await raw.append(Array.from({ length: PAGE }, () => EVENT));
  const read = async () => {
    for (let after = 0; after < counts.read;) after = (await full.readAll({ after, limit: Math.min(PAGE, counts.read - after) })).at(-1).position;
  };
  const reading = await interleaved({ raw: () => raw.read(counts.read), storage: read }, { samples: counts.reads });
  await raw.close();
  await full.close();
  const opening = (name) => async () => (await open(name)).close();
  return { reading, opening: await interleaved({ empty: opening('empty'), full: opening('many') }, { samples: counts.opens, warmup: 3 }) };
}

async function fill(storage) {
  const at = 5 * PAGE;
  for (let version = 0; version < counts.events; version += at) {
    await storage.transaction(async (own) => {
      for (let page = version; page < version + at; page += PAGE) await own.append('many', Array.from({ length: PAGE }, () => EVENT), page);
    });
  }
}

/** The most memory of its own that a process takes while it reads so many events; MiB. What LMDB maps of its file is not the process's own. */
async function streamed() {
  const storage = await open('many');
  const status = (name) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  let [own, after] = [0, 0];
  for await (const { events } of storage.subscribe()) {
    after = events.at(-1).position;
    own = Math.max(own, status('RssAnon'));
    if (after >= counts.until) break;
  }
  await storage.close();
  return { own, peak: status('VmHWM') };
}

/** Milliseconds of the processor for so many events: the states alone, and with reading the JSON text of each. */
async function replayed() {
  const bodies = EVENTS.map((event) => JSON.stringify(event));
  const runs = counts.replayed / EVENTS.length;
  const timed = (work) => () => {
    const before = process.cpuUsage();
    for (let run = 0; run < runs; run++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  return interleaved(
    { states: timed(() => replay(EVENTS.map((event) => ({ event, time: 1 })))), bodies: timed(() => replay(bodies.map((body) => ({ event: parse(body), time: 1 })))) },
    { samples: 9, warmup: 2 },
  );
}
