import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageBackend } from '@toka/sdk';
import lmdb from '../src/lmdb.ts';

// Runs in a mount namespace of its own, on a small file system that it fills and makes read-only; prints what it saw as JSON.
const [folder = ''] = process.argv.slice(2);
const location = join(folder, 'events');
const ballast = join(folder, 'ballast');
const seen: Record<string, unknown> = {};

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

function fill(leave: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
}

let acknowledged = 0;
async function append(storage: StorageBackend): Promise<void> {
  const event = { key: `${acknowledged}`, time: 0, body: JSON.stringify({ type: 'noted', text: 'x'.repeat(5000) }), hash: 'ab', nodes: 'cd' };
  await storage.append('one', [event], acknowledged);
  acknowledged++;
}

async function holds(storage: StorageBackend): Promise<boolean> {
  return (await storage.readAll({ limit: 1e6 })).length === acknowledged && (await storage.check()) === undefined;
}

fill(0);
seen['making it on a full disk'] = await codeOf(() => lmdb.open({ location }));
seen['left behind'] = readdirSync(folder).filter((name) => name !== 'ballast');
rmSync(ballast);

const storage = await lmdb.open({ location });
fill(400 * 1024);
seen['appending to a full disk'] = await codeOf(async () => {
  for (;;) await append(storage);
});
seen['appending again'] = await codeOf(() => append(storage));
seen['a large value'] = await codeOf(() => storage.put('large', new Uint8Array(8 * 1024 * 1024)));
seen['acknowledged some'] = acknowledged > 0;
seen['nothing lost'] = await holds(storage);
const reader = await lmdb.open({ location, readOnly: true });
seen['opened on a full disk'] = await holds(reader);
await reader.close();
rmSync(ballast);
await append(storage);
seen['goes on by itself'] = await holds(storage);
seen['backup to a full disk'] = await codeOf(async () => {
  fill(100 * 1024);
  await storage.backup(join(folder, 'copy'));
});
seen['left behind by the backup'] = readdirSync(folder).filter((name) => name.startsWith('copy'));
rmSync(ballast);
await storage.close();

// In other processes: the first way in which LMDB has been opened counts for all of one.
const inside = (code: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', `const { default: lmdb } = await import(process.argv[1]); const location = process.argv[2]; ${code}`, join(import.meta.dirname, '../src/lmdb.ts'), location], {
    encoding: 'utf8',
  });
execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
seen['writing to read-only media'] = inside('console.log(await lmdb.open({ location }).then(() => "opened", ({ code }) => code))').trim();
seen['reading from read-only media'] = Number(inside('console.log((await (await lmdb.open({ location, readOnly: true })).ends()).events)')) === acknowledged;
execFileSync('mount', ['-o', 'remount,bind,rw', folder]);
const again = await lmdb.open({ location });
await append(again);
seen['writing when it is writable again'] = await holds(again);
process.stdout.write(JSON.stringify(seen));
