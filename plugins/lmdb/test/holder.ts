import { writeSync } from 'node:fs';
import lmdb from '../src/lmdb.ts';

// A process of its own that stays in a transaction and in a snapshot until it is killed.
const [location = ''] = process.argv.slice(2);
const storage = await lmdb.open({ location });
const forever = setInterval(() => {}, 1e6);
await storage.snapshot(async (reader) => {
  await reader.ends();
  await storage.transaction(async (own) => {
    await own.append('one', [{ time: 0, body: '{"type":"half"}', hash: '', nodes: '' }], 0);
    writeSync(1, 'holds\n');
    await new Promise(() => {});
  });
});
clearInterval(forever);
