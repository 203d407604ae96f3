import { createHash } from 'node:crypto';
import { coded } from '@toka/sdk';
import type { Session } from './connections.ts';

/** What a version of the format adds to the one before. `$` stands for the schema. */
const STEPS: readonly string[] = [
  `CREATE TABLE $.format (version integer NOT NULL);
  CREATE TABLE $.events (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    key text COLLATE "C",
    time bigint NOT NULL,
    kind text COLLATE "C",
    principal text COLLATE "C",
    body text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    nodes bytea,
    UNIQUE (stream, version)
  );
  CREATE UNIQUE INDEX events_key ON $.events (stream, key) WHERE key IS NOT NULL;
  CREATE INDEX events_kind ON $.events ("left"(kind, 100), position) WHERE kind IS NOT NULL;
  CREATE INDEX events_principal ON $.events ("left"(principal, 100), position) WHERE principal IS NOT NULL;
  CREATE TABLE $.entries (
    key text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL,
    until bigint
  );
  CREATE INDEX entries_until ON $.entries (until) WHERE until IS NOT NULL;`,
];

/** The version that this plugin writes. */
export const FORMAT = STEPS.length;

/** What `DESCRIBE` says of a schema of this version: somebody else's triggers, rules and defaults would act for us. */
const DESCRIPTION: readonly string[] = [
  'column entries key text t C',
  'column entries until bigint f',
  'column entries value bytea t',
  'column events body text t C',
  'column events hash bytea t',
  'column events key text f C',
  'column events kind text f C',
  'column events nodes bytea f',
  'column events position bigint t',
  'column events principal text f C',
  'column events stream text t C',
  'column events time bigint t',
  'column events version bigint t',
  'column format version integer t',
  'constraint entries entries_pkey PRIMARY KEY (key)',
  'constraint events events_pkey PRIMARY KEY ("position")',
  'constraint events events_stream_version_key UNIQUE (stream, version)',
  'relation entries r p f f',
  'relation events r p f f',
  'relation format r p f f',
  't CREATE INDEX entries_until ON entries USING btree (until) WHERE (until IS NOT NULL)',
  't CREATE INDEX events_kind ON events USING btree ("left"(kind, 100), "position") WHERE (kind IS NOT NULL)',
  't CREATE INDEX events_principal ON events USING btree ("left"(principal, 100), "position") WHERE (principal IS NOT NULL)',
  't CREATE UNIQUE INDEX entries_pkey ON entries USING btree (key)',
  't CREATE UNIQUE INDEX events_key ON events USING btree (stream, key) WHERE (key IS NOT NULL)',
  't CREATE UNIQUE INDEX events_pkey ON events USING btree ("position")',
  't CREATE UNIQUE INDEX events_stream_version_key ON events USING btree (stream, version)',
];

/** Texts that are found by their words, from the first one on. They follow from the rest, so they are no part of a format. */
export const DOCUMENTS = `CREATE TABLE IF NOT EXISTS $.documents (
    id text COLLATE "C" PRIMARY KEY,
    words text COLLATE "C" NOT NULL,
    lexemes tsvector NOT NULL
  );
  CREATE INDEX IF NOT EXISTS documents_lexemes ON $.documents USING gin (lexemes)`;

/** What `DESCRIBE` says of them. */
const DOCUMENTS_DESCRIPTION: readonly string[] = [
  'column documents id text t C',
  'column documents lexemes tsvector t',
  'column documents words text t C',
  'constraint documents documents_pkey PRIMARY KEY (id)',
  'relation documents r p f f',
  't CREATE INDEX documents_lexemes ON documents USING gin (lexemes)',
  't CREATE UNIQUE INDEX documents_pkey ON documents USING btree (id)',
];

/** A line for each thing in a schema that has a say in what is stored. Names of the schema itself are left out. */
const DESCRIBE = `WITH own AS (SELECT * FROM pg_class WHERE relnamespace = $1::text::regnamespace)
SELECT concat_ws(' ', 'relation', relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity) AS line FROM own WHERE relkind NOT IN ('i', 't')
UNION ALL SELECT concat_ws(' ', 'column', relname, attname, format_type(atttypid, atttypmod), attnotnull, collname, nullif(attidentity::text || attgenerated::text, ''), pg_get_expr(adbin, adrelid))
  FROM own JOIN pg_attribute ON attrelid = own.oid LEFT JOIN pg_collation ON pg_collation.oid = attcollation LEFT JOIN pg_attrdef ON adrelid = own.oid AND adnum = attnum
  WHERE relkind NOT IN ('i', 't') AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT concat_ws(' ', indisvalid, replace(pg_get_indexdef(indexrelid), quote_ident($1) || '.', '')) FROM own JOIN pg_index ON indrelid = own.oid
UNION ALL SELECT concat_ws(' ', 'constraint', relname, conname, replace(pg_get_constraintdef(pg_constraint.oid), quote_ident($1) || '.', ''))
  FROM own JOIN pg_constraint ON conrelid = own.oid WHERE contype <> 'n'
UNION ALL SELECT concat_ws(' ', 'trigger', relname, tgname) FROM own JOIN pg_trigger ON tgrelid = own.oid WHERE NOT tgisinternal
UNION ALL SELECT concat_ws(' ', 'rule', relname, rulename) FROM own JOIN pg_rewrite ON ev_class = own.oid
UNION ALL SELECT concat_ws(' ', 'policy', relname, polname) FROM own JOIN pg_policy ON polrelid = own.oid
UNION ALL SELECT concat_ws(' ', 'heir', relname) FROM own JOIN pg_inherits ON own.oid IN (inhrelid, inhparent)`;

/** The advisory lock that whoever changes a schema holds. */
export function lockOf(schema: string): string {
  const digest = createHash('sha256').update(`toka ${schema}`).digest();
  return `pg_advisory_xact_lock(${digest.readInt32BE(0)}, ${digest.readInt32BE(4)})`;
}

/**
 * Looks whether a schema is there, and ours.
 *
 * @returns The version of its format; 0 where there is nothing.
 * @throws `STORAGE_UNAVAILABLE` for a newer one, `STORAGE_DAMAGED` for something else.
 */
export async function readFormat(session: Session, schema: string, place: string): Promise<number> {
  const [found] = await session.run({
    text: `SELECT to_regclass($1 || '.format') IS NOT NULL AS "hasFormat",
      EXISTS (SELECT FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)) AS "hasSomething"`,
    values: [schema],
  });
  if (found?.['hasFormat'] !== true) {
    if (found?.['hasSomething'] === true) throw damaged(place, 'it holds something else');
    return 0;
  }
  const [row] = await session.run({ text: `SELECT max(version) AS version, count(*) AS count FROM "${schema}".format` });
  const version = row?.['version'];
  if (row?.['count'] !== 1 || typeof version !== 'number' || version < 1) throw damaged(place, 'its format is not told');
  if (version > FORMAT) {
    throw coded('STORAGE_UNAVAILABLE', `${place} was written by a newer @toka/plugin-postgres (format ${version}, known is ${FORMAT})`, { hint: 'update the plugin' });
  }
  return version;
}

/** Brings a schema to the present format; of several processes that open it at once, one does so and the others wait. */
export async function migrate(session: Session, schema: string, place: string): Promise<void> {
  await session.script(`BEGIN; SELECT ${lockOf(schema)}`);
  const from = await readFormat(session, schema, place);
  if (from === 0) {
    const [found] = await session.run({ text: 'SELECT to_regnamespace($1) IS NOT NULL AS "isThere"', values: [schema] });
    if (found?.['isThere'] !== true) await session.script(`CREATE SCHEMA "${schema}"`);
  }
  for (const step of STEPS.slice(from)) await session.script(step.replaceAll('$', () => `"${schema}"`));
  if (from < FORMAT) await session.script(`DELETE FROM "${schema}".format; INSERT INTO "${schema}".format VALUES (${FORMAT})`);
  await session.script('COMMIT');
}

/** Finds what a schema of the present format holds beyond ours, or lacks; undefined if nothing. */
export async function findForeign(session: Session, schema: string): Promise<string | undefined> {
  const rows = await session.run({ text: DESCRIBE, values: [schema] });
  const lines = rows.map(({ line }) => String(line));
  const own = lines.includes('relation documents r p f f') ? [...DESCRIPTION, ...DOCUMENTS_DESCRIPTION] : DESCRIPTION;
  return lines.find((line) => !own.includes(line)) ?? own.find((line) => !lines.includes(line));
}

export function damaged(place: string, why: string): Error {
  return coded('STORAGE_DAMAGED', `${place}: ${why}`);
}

/** Who only reads changes nothing, and reads no older format. */
export function older(place: string, format: number): Error {
  return coded('STORAGE_UNAVAILABLE', `${place} has format ${format}, and can be read once it has format ${FORMAT}`, { hint: 'bring it there with toka storage migrate' });
}
