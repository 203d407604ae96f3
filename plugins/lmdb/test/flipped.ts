import { closeSync, cpSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageBackend } from '@toka/sdk';
import lmdb from '../src/lmdb.ts';

// A process of its own, which a damaged page may end: turns single bits of copies of a storage, and prints what comes of each.
const [sound = '', copy = '', first = '0', end = '0', step = '1'] = process.argv.slice(2);

async function readEverything(storage: StorageBackend): Promise<string> {
  const limit = 1e6;
  return JSON.stringify([await storage.readAll({ limit }), await storage.read('one', { limit }), await storage.read('two', { limit }), await storage.list({ prefix: '', limit })]);
}

function flip(bit: number): void {
  const file = openSync(join(copy, 'data.mdb'), 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, bit >> 3);
  writeSync(file, Buffer.of((byte[0] ?? 0) ^ (1 << (bit & 7))), 0, 1, bit >> 3);
  closeSync(file);
}

async function codeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

async function outcome(expected: string): Promise<string> {
  const found = await codeOf(async () => {
    const storage = await lmdb.open({ location: copy });
    try {
      const damage = await storage.check();
      writeSync(1, `${damage === undefined ? 'checked' : 'found'} `);
      return (await readEverything(storage)) === expected ? 'same' : 'WRONG';
    } finally {
      await storage.close();
    }
  });
  return String(found);
}

const storage = await lmdb.open({ location: sound, readOnly: true });
const expected = await readEverything(storage);
await storage.close();
for (let bit = Number(first); bit < Number(end); bit += Number(step)) {
  rmSync(copy, { recursive: true, force: true });
  cpSync(sound, copy, { recursive: true });
  flip(bit);
  writeSync(1, `${bit} `);
  writeSync(1, `${await outcome(expected)}\n`);
}
