import { DatabaseSync } from 'node:sqlite';

/** Appends events (with an entry, where one is given) in one durable commit, and reads them in pages, with Node's SQLite alone: what the backend is held against by the bench. */
export async function openRaw(location, { page }) {
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
