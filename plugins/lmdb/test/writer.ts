import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import lmdb from '../src/lmdb.ts';

// A process of its own that writes a stream of pairs, and reports each commit on stdout only after it has been acknowledged.
const [location = '', stream = '', pairs = '0'] = process.argv.slice(2);
const storage = await lmdb.open({ location });
for (let pair = 1; pair <= Number(pairs); pair++) {
  const event = (half: string) => ({ key: `${pair}${half}`, time: Date.now(), body: JSON.stringify({ type: 'noted', pair, half, text: 'x'.repeat(400) }), hash: 'ab', nodes: 'cd' });
  await storage.transaction(async (own) => {
    await own.put(`last/${stream}`, Buffer.from(String(pair)));
    await own.append(stream, [event('a')], pair * 2 - 2);
    // Lets the process be killed in the midst of a transaction as well.
    await setImmediate();
    await own.append(stream, [event('b')], pair * 2 - 1);
  });
  writeSync(1, `${pair}\n`);
}
await storage.close();
