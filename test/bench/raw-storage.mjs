// The same durable work as a storage backend does, by the driver under it alone: what the backend is held against.
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const require = createRequire(import.meta.url);

/**
 * Each opens a store that appends events (with an entry, where one is given) in one durable commit, and reads all events in pages.
 *
 * @type {Record<string, (location: string, counts: { page: number }) => Promise<{ append(events: object[], entry?: Uint8Array): unknown, read(count: number): unknown, close(): unknown }>>}
 */
export const RAW = { sqlite, lmdb, postgres };

async function sqlite(location, { page }) {
  const db = new DatabaseSync(location);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE events (position INTEGER PRIMARY KEY, run TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL, key TEXT, UNIQUE (run, seq)) STRICT;
    CREATE TABLE log (position INTEGER PRIMARY KEY, nodes BLOB NOT NULL) STRICT;
    CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, until INTEGER) STRICT, WITHOUT ROWID`);
  const [begin, commit, event, log, put] = [
    'BEGIN IMMEDIATE',
    'COMMIT',
    'INSERT INTO events (position, run, seq, time, body, hash, key) VALUES (?, ?, ?, ?, ?, unhex(?), ?)',
    'INSERT INTO log (position, nodes) VALUES (?, unhex(?))',
    'INSERT INTO entries (key, value, until) VALUES (?, ?, NULL)',
  ].map((text) => db.prepare(text));
  const all = db.prepare('SELECT e.position, e.run, e.seq, e.time, e.body, e.hash, e.key, l.nodes FROM events AS e LEFT JOIN log AS l ON l.position = e.position WHERE e.position > ? ORDER BY e.position LIMIT ?');
  let last = 0;
  return {
    append(events, entry) {
      begin.run();
      for (const { time, body, hash, nodes } of events) {
        last++;
        event.run(last, 'one', last, time, body, hash, null);
        log.run(last, nodes);
      }
      if (entry) put.run(`entry/${last}`, entry);
      commit.run();
    },
    read(count) {
      for (let after = 0; after < count;) after = all.all(after, Math.min(page, count - after)).at(-1).position;
    },
    close: () => db.close(),
  };
}

/** The events by their positions, and by their streams where they stand. */
async function lmdb(location, { page }) {
  const { open } = require(require.resolve('lmdb', { paths: [require.resolve('@toka/plugin-lmdb/package.json')] }));
  const db = open({ path: location, noSubdir: false, keyEncoding: 'binary', encoding: 'binary', overlappingSync: false, maxDbs: 1 });
  const keyOf = (kind, position) => {
    const key = Buffer.alloc(9, kind);
    key.writeUInt32BE(0, 1);
    key.writeUInt32BE(position, 5);
    return key;
  };
  let last = 0;
  return {
    append(events, entry) {
      db.transactionSync(() => {
        for (const one of events) {
          const key = keyOf(0x65, ++last);
          db.putSync(key, Buffer.from(JSON.stringify({ ...one, stream: 'one', version: last })));
          db.putSync(keyOf(0x70, last), key);
        }
        if (entry) db.putSync(Buffer.from(`entry/${last}`), entry);
      });
    },
    read(count) {
      for (let after = 0; after < count;) {
        const end = Math.min(count, after + page);
        const events = Array.from(db.getRange({ start: keyOf(0x65, after + 1), end: keyOf(0x65, end + 1) }), ({ key, value }) => ({ ...JSON.parse(value.toString()), position: key.readUInt32BE(5) }));
        after = events.at(-1).position;
      }
    },
    close: () => db.close(),
  };
}

/** Positions are the client's: without that one statement would do, and with it others would have to wait. */
async function postgres(location, { page }) {
  const { default: pg } = await import(require.resolve('pg', { paths: [require.resolve('@toka/plugin-postgres/package.json')] }));
  const url = new URL(location.replace('@/', '@localhost/'));
  const schema = url.searchParams.get('schema');
  const client = new pg.Client({ host: url.searchParams.get('host'), user: url.username, database: 'postgres' });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.events (position bigint PRIMARY KEY, stream text, version bigint, key text, time bigint, body text, hash bytea, nodes bytea, UNIQUE (stream, version));
    CREATE TABLE ${schema}.entries (key text PRIMARY KEY, value bytea, until bigint)`);
  const insert = (rows) => ({
    name: `append ${rows.length}`,
    text: `INSERT INTO ${schema}.events (position, stream, version, time, body, hash, nodes) VALUES ${rows.map((_, at) => `(${[1, 2, 3, 4, 5].map((column) => `$${at * 7 + column}`).join(', ')}, decode($${at * 7 + 6}, 'hex'), decode($${at * 7 + 7}, 'hex'))`).join(', ')}`,
    values: rows.flat(),
  });
  let last = 0;
  return {
    async append(events, entry) {
      const rows = events.map(({ time, body, hash, nodes }) => [++last, 'one', last, time, body, hash, nodes]);
      await client.query('BEGIN; SELECT pg_advisory_xact_lock(1)');
      await client.query(insert(rows));
      if (entry) await client.query({ name: 'put', text: `INSERT INTO ${schema}.entries (key, value) VALUES ($1, $2)`, values: [`entry/${last}`, entry] });
      await client.query('COMMIT');
    },
    async read(count) {
      for (let after = 0; after < count;) {
        const { rows } = await client.query({ name: 'read', text: `SELECT * FROM ${schema}.events WHERE position > $1 ORDER BY position LIMIT $2`, values: [after, Math.min(page, count - after)] });
        after = Number(rows.at(-1).position);
      }
    },
    close: () => client.end(),
  };
}
