import { writeSync } from 'node:fs';
import type { StorageTransaction } from '@toka/sdk';
import postgres from '../../src/postgres.ts';
import { event } from './event.ts';

// A process of its own that writes pairs of events to its stream, each pair with a count in one commit, and reports a commit on stdout
// only when it was acknowledged. Where that did not come about it does the same again.
async function main([location = '', stream = '']: readonly string[]): Promise<never> {
  const storage = await persist(async () => postgres.open({ location }));
  for (;;) writeSync(1, await persist(async () => storage.transaction(async (own) => write(own, stream))));
}

/** Does it until it succeeds. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== 'STORAGE_UNAVAILABLE') throw error;
      // A server that starts again is not asked without a pause.
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  }
}

async function write(own: StorageTransaction, stream: string): Promise<string> {
  const count = Number(Buffer.from((await own.get(stream)) ?? []).toString());
  const events = [event(`${stream}/${count}/a`), event(`${stream}/${count}/b`)];
  const [{ position }] = await Promise.all([own.append(stream, events, 2 * count), own.put(stream, Buffer.from(String(count + 1)))]);
  return `${count} ${position}\n`;
}

void main(process.argv.slice(2));
