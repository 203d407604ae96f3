import pg from 'pg';

/** What queries are made by stands in columns of its own, with their indexes, here as there. */
const QUERIED = ['run.requested', 'user:1000'];

/** Appends events (with an entry, where one is given) in one durable commit, and reads them in pages, with the driver alone: what the backend is held against by the bench. Positions are the client's. */
export async function openRaw(location, { page }) {
  const url = new URL(location.replace('@/', '@localhost/'));
  const schema = url.searchParams.get('schema');
  const client = new pg.Client({ host: url.searchParams.get('host'), user: url.username, database: 'postgres' });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.events (position bigint PRIMARY KEY, stream text, version bigint, key text, time bigint, kind text, principal text, body text, hash bytea, nodes bytea, UNIQUE (stream, version));
    CREATE INDEX ON ${schema}.events ("left"(kind, 100), position); CREATE INDEX ON ${schema}.events ("left"(principal, 100), position);
    CREATE TABLE ${schema}.entries (key text PRIMARY KEY, value bytea, until bigint)`);
  const insert = (rows) => ({
    name: `append ${rows.length}`,
    text: `INSERT INTO ${schema}.events (position, stream, version, time, kind, principal, body, hash, nodes) VALUES ${rows.map((_, at) => `(${[1, 2, 3, 4, 5, 6, 7].map((column) => `$${at * 9 + column}`).join(', ')}, decode($${at * 9 + 8}, 'hex'), decode($${at * 9 + 9}, 'hex'))`).join(', ')}`,
    values: rows.flat(),
  });
  let last = 0;
  return {
    async append(events, entry) {
      const rows = events.map(({ time, body, hash, nodes }) => [++last, 'one', last, time, ...QUERIED, body, hash, nodes]);
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
