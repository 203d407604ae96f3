// What the log over all events costs, and how quickly it is verified: started by run.mjs in a process and folders of its own, prints JSON.
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { createIds, systemClock, systemRandom } from '../../dist/journal/ids.js';
import { journalOn } from '../../dist/journal/journal.js';
import { Log } from '../../dist/journal/log.js';
import { sqliteStorage } from '../../dist/journal/sqlite/storage.js';
import { EVENTS } from './events.mjs';
import { interleaved } from './measure.mjs';

const [folder, samples, runs] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const nextId = createIds(systemClock, systemRandom);
const append = await appends();
console.log(JSON.stringify({ append, verify: await verification(), hashes: hashes() }));

/** The same commits with and without the log, in turn, each in a file of its own, durable as always. */
async function appends() {
  const { append: own, join: joined } = Log.prototype;
  const subject = async (name, logged) => {
    const file = join(folder, name, 'journal.db');
    const journal = journalOn(await sqliteStorage.open({ location: file }), file, systemClock);
    return async () => {
      Log.prototype.append = logged ? own : () => '';
      Log.prototype.join = logged ? joined : async () => {};
      await journal.append(nextId(), EVENTS, 0);
    };
  };
  const measured = await interleaved({ plain: await subject('plain', false), logged: await subject('logged', true) }, { samples, warmup: 300 });
  Object.assign(Log.prototype, { append: own, join: joined });
  return measured;
}

/** Milliseconds for one whole verification, and the processor time of it, which the rest of the machine's work does not change. */
async function verification() {
  const file = join(folder, 'verify', 'journal.db');
  const journal = journalOn(await sqliteStorage.open({ location: file }), file, systemClock);
  for (let run = 0; run < runs; run++) await journal.commit(({ append: add }) => add(nextId(), EVENTS, 0), { durable: false });
  const verify = async () => {
    const { ok } = await journal.verify();
    if (!ok) throw new Error('the record of the bench does not verify');
  };
  const processor = async () => {
    const before = process.cpuUsage();
    await verify();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  return { events: runs * EVENTS.length, ...(await interleaved({ wall: verify, processor }, { samples: 7, warmup: 4 })) };
}

/** Microseconds for a node of the tree, by each library. */
function hashes() {
  const bytes = Buffer.alloc(65, 1);
  const time = (work) => {
    for (let count = 0; count < 20_000; count++) work();
    const started = performance.now();
    for (let count = 0; count < 20_000; count++) work();
    return (performance.now() - started) / 20;
  };
  return { noble: time(() => sha256(bytes)), crypto: time(() => hash('sha256', bytes, 'buffer')) };
}
