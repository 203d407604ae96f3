import { argv } from 'node:process';
import lmdb from '../src/lmdb.ts';

// A thread of its own that counts in one entry.
const [location = '', times = '0'] = argv.slice(2);
const storage = await lmdb.open({ location });
for (let time = 0; time < Number(times); time++) {
  await storage.transaction(async (own) => {
    const before = Number(Buffer.from((await own.get('count')) ?? '0').toString());
    await own.put('count', Buffer.from(String(before + 1)));
  });
}
await storage.close();
