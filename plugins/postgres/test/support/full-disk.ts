import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from '../../src/postgres.ts';
import { Cluster } from './cluster.ts';
import { event } from './event.ts';
import { codeOf } from './failure.ts';

// Runs in a mount namespace of its own, where the temporary folder is a small file system that it fills; prints what it saw as JSON. The log of
// PostgreSQL is elsewhere: without room for that a server ends, which the tests of restarts are about.
const [logs = ''] = process.argv.slice(2);
const folder = tmpdir();
const ballast = join(folder, 'ballast');
const seen: Record<string, unknown> = {};

const log = mkdtempSync(join(logs, 'toka-pg-log-'));
execFileSync('chown', ['nobody', log]);
const cluster = await Cluster.make({ log: join(log, 'wal') });
try {
  const storage = await postgres.open({ location: cluster.location() });
  let acknowledged = 0;
  const append = async (): Promise<void> => {
    const events = Array.from({ length: 20 }, (_, at) => ({ ...event(String(acknowledged + at)), body: JSON.stringify({ type: 'noted', text: 'x'.repeat(1000) }) }));
    await storage.append('one', events, acknowledged);
    acknowledged += events.length;
  };
  await append();
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 300 * 1024)));
  const untilItFails = async (): Promise<never> => {
    for (;;) await append();
  };
  seen['appending to a full disk'] = await codeOf(untilItFails());
  seen['appending again'] = await codeOf(append());
  seen['acknowledged some'] = acknowledged > 20;
  seen['nothing lost'] = (await storage.ends()).events === acknowledged;
  rmSync(ballast);
  await append();
  seen['goes on by itself'] = (await storage.ends()).events === acknowledged;
  await storage.close();
  cluster.sql('ALTER SYSTEM SET default_transaction_read_only = on');
  cluster.sql('SELECT pg_reload_conf()');
  seen['writing to a server that is read-only'] = await codeOf(
    (async () => {
      await using again = Object.assign(await postgres.open({ location: cluster.location() }), { [Symbol.asyncDispose]: async () => again.close() });
      await again.append('one', [event('more')], acknowledged);
    })(),
  );
  const reader = await postgres.open({ location: cluster.location(), readOnly: true });
  seen['reading from it'] = (await reader.ends()).events === acknowledged;
  await reader.close();
} finally {
  await cluster.remove();
  rmSync(log, { recursive: true, force: true });
}
process.stdout.write(JSON.stringify(seen));
