import type { Batch, StorageBackend } from '../storage.ts';
import { refused, same } from './expect.ts';
import { check, event, names, pause, type StorageCheck } from './storage-support.ts';

/** Reads so many events of a subscription, and then leaves it. */
async function take(batches: AsyncIterable<Batch>, count: number, onBatch: (batch: Batch) => Promise<void> = async () => {}): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of batches) {
    found.push(...names(batch.events));
    await onBatch(batch);
    if (found.length >= count) break;
  }
  return found;
}

export const subscriptionChecks: readonly StorageCheck[] = [
  check('a subscriber gets what is there and what comes, each once and in order', async (storage) => {
    if (await isRefused(storage)) return;
    await storage.append('one', [event('a'), event('b')], 0);
    const reading = take(storage.subscribe({ after: 1 }), 3);
    await storage.append('two', [event('c')], 0);
    await pause(20);
    await storage.append('one', [event('d')], 2);
    same(await reading, ['b', 'c', 'd'], 'from position 2 on');
  }),
  check('a subscriber sees how far it lags behind', async (storage) => {
    if (await isRefused(storage)) return;
    for (let at = 0; at < 12; at++) await storage.append(`s${at}`, Array.from({ length: 100 }, (_, item) => event(`${at}/${item}`)), 0);
    let read = 0;
    const wrong: Batch[] = [];
    await take(storage.subscribe(), 1200, async (batch) => {
      read += batch.events.length;
      if (batch.lag !== 1200 - read) wrong.push(batch);
    });
    same(wrong.map(({ lag }) => lag), [], 'lags that are not as many events as there are still to come');
  }),
  check('a subscriber gets what another one has appended, where several processes are declared', async (storage, open) => {
    if (!storage.supports.subscribe || !storage.supports.processes) return;
    const other = await open();
    const reading = take(storage.subscribe(), 1);
    await pause(20);
    await other.append('one', [event('a')], 0);
    same(await reading, ['a'], 'the event');
  }),
  check('a subscription ends with its signal, and with the storage', async (storage) => {
    if (await isRefused(storage)) return;
    const ending = new AbortController();
    const first = take(storage.subscribe({ signal: ending.signal }), 1);
    const second = take(storage.subscribe(), 1);
    await pause(20);
    ending.abort();
    same(await first, [], 'the one with the signal');
    await storage.close();
    same(await second, [], 'the other one');
  }),
];

async function isRefused(storage: StorageBackend): Promise<boolean> {
  if (!storage.supports.subscribe) await refused('STORAGE_UNSUPPORTED', () => storage.subscribe(), 'subscribe');
  return !storage.supports.subscribe;
}
