import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageBackend } from '@toka/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import postgres from '../src/postgres.ts';
import { Cluster, programs } from './support/cluster.ts';
import { event } from './support/event.ts';
import { codeOf, failure } from './support/failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'toka-pg-open-'));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

/** A key, and a certificate with it that names a host. */
function certify(key: string, certificate: string, name: string): void {
  const subject = ['-subj', '/CN=toka', '-addext', `subjectAltName=${name}`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
}

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(programs === undefined)('a schema of PostgreSQL', () => {
  let cluster: Cluster;
  let schema = '';
  let places = 0;
  const opened: StorageBackend[] = [];

  async function open(parameters: Readonly<Record<string, string>> = {}, readOnly = false): Promise<StorageBackend> {
    const storage = await postgres.open({ location: cluster.location({ schema, ...parameters }), readOnly });
    opened.push(storage);
    return storage;
  }

  async function make(): Promise<void> {
    const storage = await open();
    await storage.append('one', [event('a')], 0);
    await storage.close();
  }

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  beforeEach(() => {
    schema = `open_${++places}`;
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
  });
  afterAll(async () => {
    await cluster.remove();
  });

  test('is made once by many that open it at the same time', async () => {
    const storages = await Promise.all(Array.from({ length: 8 }, async () => open({ connections: '1' })));
    const appended = await Promise.all(storages.map(async (storage, at) => storage.append(`s${at}`, [event('a')], 0)));
    expect(appended.map(({ position }) => position).toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('may have been made by somebody else, empty', async () => {
    cluster.sql(`CREATE SCHEMA ${schema}`);
    await expect((await open()).ends()).resolves.toEqual({ events: 0, nodes: 0 });
  });

  test('may be named like a word of SQL', async () => {
    const storage = await open({ schema: 'select' });
    await storage.append('one', [event('a')], 0);
    await expect(storage.check()).resolves.toBeUndefined();
  });

  test('is not made by who opens it to read, nor found by that one later', async () => {
    const reader = await open({}, true);
    expect(cluster.sql(`SELECT count(*) FROM pg_namespace WHERE nspname = '${schema}'`)).toBe('0');
    await make();
    expect(await reader.ends()).toEqual({ events: 0, nodes: 0 });
  });

  test('of a newer format is refused, with what to do', async () => {
    await make();
    cluster.sql(`UPDATE ${schema}.format SET version = 99`);
    expect(await failure(open())).toMatchObject({ code: 'STORAGE_UNAVAILABLE', hint: expect.any(String) });
    expect(await codeOf(open({}, true))).toBe('STORAGE_UNAVAILABLE');
  });

  test('that holds something else is left alone', async () => {
    cluster.sql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.people (name text)`);
    expect(await codeOf(open())).toBe('STORAGE_DAMAGED');
    expect(cluster.sql(`SELECT count(*) FROM pg_tables WHERE schemaname = '${schema}'`)).toBe('1');
  });

  test.each([
    ['a trigger', 'CREATE FUNCTION $.f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$; CREATE TRIGGER t BEFORE INSERT ON $.events FOR EACH ROW EXECUTE FUNCTION $.f()'],
    ['a rule', 'CREATE RULE r AS ON INSERT TO $.events DO INSTEAD NOTHING'],
    ['row security', 'ALTER TABLE $.entries ENABLE ROW LEVEL SECURITY'],
    ['a default', 'ALTER TABLE $.events ALTER nodes SET DEFAULT now()::text::bytea'],
    ['another column', 'ALTER TABLE $.events ADD more text'],
    ['another type', 'ALTER TABLE $.entries ALTER until TYPE numeric'],
    ['another collation', 'ALTER TABLE $.entries ALTER key TYPE text COLLATE "POSIX"'],
    ['no index', 'DROP INDEX $.events_key'],
    ['no table', 'DROP TABLE $.entries'],
    ['a table that a crash empties', 'ALTER TABLE $.entries SET UNLOGGED'],
    ['a table that inherits', 'CREATE TABLE $.more () INHERITS ($.events)'],
    ['a constraint', 'ALTER TABLE $.events ADD CHECK (position < 10)'],
    ['two formats', 'INSERT INTO $.format VALUES (1)'],
    ['no format', 'DELETE FROM $.format'],
  ])('with %s is refused', async (_what, statement) => {
    await make();
    cluster.sql(statement.replaceAll('$.', `${schema}.`));
    expect(await codeOf(open())).toBe('STORAGE_DAMAGED');
    expect(await codeOf(open({}, true))).toBe('STORAGE_DAMAGED');
  });

  test('that is changed while it is open is found by the check', async () => {
    const storage = await open();
    cluster.sql(`CREATE RULE r AS ON INSERT TO ${schema}.events DO INSTEAD NOTHING`);
    await expect(storage.check()).resolves.toEqual(expect.any(String));
  });

  test('whose index hides a row is found by the check', async () => {
    const storage = await open();
    await storage.append('one', [event('a'), event('b')], 0);
    // As after a fault of the disk: the index keeps no entry for what is written while it is switched off.
    cluster.sql(`UPDATE pg_index SET indisready = false, indislive = true WHERE indexrelid = '${schema}.events_pkey'::regclass`);
    cluster.sql(`INSERT INTO ${schema}.events SELECT 3, 'two', 1, NULL, time, NULL, NULL, body, hash, nodes FROM ${schema}.events LIMIT 1`);
    cluster.sql(`UPDATE pg_index SET indisready = true WHERE indexrelid = '${schema}.events_pkey'::regclass`);
    await expect(storage.check()).resolves.toEqual(expect.any(String));
  });

  test('in a database that is not in UTF8 is refused', async () => {
    cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    const location = cluster.location({ schema }).replace('/postgres?', '/latin?');
    expect(await codeOf(postgres.open({ location }))).toBe('STORAGE_UNAVAILABLE');
  });

  test('in a database that does not exist is refused', async () => {
    expect(await codeOf(postgres.open({ location: cluster.location().replace('/postgres?', '/nowhere?') }))).toBe('STORAGE_UNAVAILABLE');
  });

  test('that may not be made is refused', async () => {
    cluster.sql('CREATE ROLE guest LOGIN');
    expect(await codeOf(postgres.open({ location: cluster.location({ schema }).replace('toka@', 'guest@') }))).toBe('STORAGE_UNAVAILABLE');
  });

  test('is on the disk after a commit whatever the settings of the user are', async () => {
    cluster.sql('CREATE ROLE hasty LOGIN; ALTER ROLE hasty SET synchronous_commit = off; GRANT CREATE ON DATABASE postgres TO hasty');
    const storage = await postgres.open({ location: cluster.location({ schema }).replace('toka@', 'hasty@') });
    opened.push(storage);
    const before = cluster.sql('SELECT pg_current_wal_insert_lsn()');
    await storage.append('one', [event('a')], 0);
    expect(cluster.sql(`SELECT pg_current_wal_flush_lsn() > '${before}'`)).toBe('t');
  });

  test('is closed when what was asked before has been done', async () => {
    const storage = await open();
    const asked = [
      ...Array.from({ length: 5 }, async (_, at) => (await storage.append(`s${at}`, [event('a')], 0)).known),
      ...Array.from({ length: 9 }, async () => (await storage.ends()).events >= 10),
      storage.snapshot(async (reader) => (await reader.ends()).events >= 10),
    ];
    await storage.close();
    await expect(Promise.all(asked)).resolves.toEqual(Array.from({ length: 15 }, () => false));
    await expect((await open()).ends()).resolves.toEqual({ events: 5, nodes: 5 });
  });

  test('keeps what JSON can say and PostgreSQL cannot', async () => {
    const storage = await open();
    const odd = { ...event('odd'), body: JSON.stringify({ type: 'a\0b', principal: '\ud800', name: '\0', long: 'x'.repeat(5000) }) };
    const long = { ...event('long'), body: JSON.stringify({ type: 'ä'.repeat(5000), principal: 'p'.repeat(5000) }) };
    await storage.append('one', [odd, long], 0);
    const ask = async (filter: Parameters<StorageBackend['query']>[0]): Promise<number[]> => (await storage.query(filter, { limit: 9 })).events.map(({ position }) => position);
    expect((await storage.readAll({ limit: 1 }))[0]?.body).toBe(odd.body);
    expect(await ask({ kind: 'a\0b', principal: '\ud800' })).toEqual([1]);
    expect(await ask({ kind: 'ä'.repeat(5000) })).toEqual([2]);
    expect(await ask({ kind: 'ä'.repeat(4999) })).toEqual([]);
    expect(await ask({ text: '\0' })).toEqual([]);
    expect(await ask({ text: '\ud800' })).toEqual([]);
    expect(await codeOf(storage.append('one', [{ ...event('c'), body: '{"a":"\ud800"}' }], 2))).toBe('STORAGE_INVALID');
    expect(await codeOf(storage.append('one', [{ ...event('c'), body: '{"a":' }], 2))).toBe('STORAGE_INVALID');
  });

  test('lists keys up to the last character that there is', async () => {
    const storage = await open();
    for (const key of ['\u{d7ff}', '\u{d7ff}a', '\u{e000}', '\u{10ffff}', '\u{10ffff}\u{10ffff}', 'a\u{10ffff}b', 'b']) await storage.put(key, new Uint8Array(0));
    const counts = await Promise.all(['\u{d7ff}', '\u{10ffff}', '\u{10ffff}\u{10ffff}', 'a\u{10ffff}', 'a'].map(async (prefix) => storage.count(prefix)));
    expect(counts).toEqual([2, 2, 1, 1, 1]);
  });

  test('of a server that promises nothing is refused', async () => {
    const hasty = await Cluster.make({ settings: { fsync: 'off' } });
    try {
      expect(await codeOf(postgres.open({ location: hasty.location() }))).toBe('STORAGE_UNAVAILABLE');
    } finally {
      await hasty.remove();
    }
  });
});

describe.skipIf(programs === undefined)('a PostgreSQL that wants a password and encryption', () => {
  let cluster: Cluster;

  async function reach(parameters: Readonly<Record<string, string>>, host = '127.0.0.1'): Promise<void> {
    const query = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: join(folder, 'right.pem'), ...parameters });
    const storage = await postgres.open({ location: `postgres://toka@${host}:${cluster.port}/postgres?${query.toString()}` });
    await storage.close();
  }

  beforeAll(async () => {
    cluster = await Cluster.make({
      listens: true,
      settings: { ssl: 'on', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key' },
      prepare(place) {
        certify(join(place, 'data/server.key'), join(place, 'data/server.pem'), 'IP:127.0.0.1');
        certify(join(folder, 'other.key'), join(folder, 'other.pem'), 'IP:127.0.0.1');
        execFileSync('cp', [join(place, 'data/server.pem'), join(folder, 'right.pem')]);
        writeFileSync(join(place, 'data/pg_hba.conf'), 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n');
      },
    });
    cluster.sql("ALTER ROLE toka PASSWORD 'correct:horse\\battery'");
    vi.stubEnv('HOME', folder);
  });
  beforeEach(() => {
    vi.stubEnv('PGPASSWORD', undefined);
    vi.stubEnv('PGPASSFILE', undefined);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await cluster.remove();
  });

  const line = (password: string): string => `# theirs\nother:*:*:*:wrong\n127.0.0.1:*:postgres:toka:${password}\n`;

  test('takes it from PGPASSWORD', async () => {
    vi.stubEnv('PGPASSWORD', 'correct:horse\\battery');
    await expect(reach({})).resolves.toBeUndefined();
  });

  test('takes it from a file that the address names', async () => {
    vi.stubEnv('PGPASSWORD', 'wrong');
    await expect(reach({ passfile: file('named', line('correct\\:horse\\\\battery')) })).resolves.toBeUndefined();
  });

  test('takes it from the file that PGPASSFILE names', async () => {
    vi.stubEnv('PGPASSFILE', file('by-variable', line('correct\\:horse\\\\battery')));
    await expect(reach({})).resolves.toBeUndefined();
  });

  test('is refused without one, with a wrong one, and with a file that others can read', async () => {
    expect(await codeOf(reach({}))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(reach({ passfile: file('empty', '') }))).toBe('STORAGE_UNAVAILABLE');
    expect(await codeOf(reach({ passfile: join(folder, 'none') }))).toBe('STORAGE_UNAVAILABLE');
    expect(await failure(reach({ passfile: file('open', line('correct\\:horse\\\\battery'), 0o644) }))).toMatchObject({ code: 'STORAGE_UNAVAILABLE', hint: expect.stringContaining('chmod') });
    vi.stubEnv('PGPASSWORD', 'wrong-horse');
    const refused = await failure(reach({}));
    expect(refused.code).toBe('STORAGE_UNAVAILABLE');
    expect(`${refused.message} ${refused.hint}`).not.toContain('wrong-horse');
  });

  test.each([
    ['the certificate of this very host', {}, true],
    ['a certificate that nobody vouches for', { sslrootcert: 'other.pem' }, false],
    ['one that nobody vouches for, where only encryption is asked for', { sslrootcert: 'other.pem', sslmode: 'require' }, true],
    ['no encryption', { sslmode: 'disable' }, false],
  ])('is reached with %s: %o', async (_what, { sslrootcert, ...more }: { sslrootcert?: string; sslmode?: string }, isReached) => {
    vi.stubEnv('PGPASSWORD', 'correct:horse\\battery');
    const reaching = reach({ ...(sslrootcert === undefined ? {} : { sslrootcert: join(folder, sslrootcert) }), ...more });
    if (isReached) await expect(reaching).resolves.toBeUndefined();
    else expect(await codeOf(reaching)).toBe('STORAGE_UNAVAILABLE');
  });

  test('is reached by another name only where the name is not asked for', async () => {
    vi.stubEnv('PGPASSWORD', 'correct:horse\\battery');
    expect(await codeOf(reach({}, 'localhost'))).toBe('STORAGE_UNAVAILABLE');
    await expect(reach({ sslmode: 'verify-ca' }, 'localhost')).resolves.toBeUndefined();
  });
});
