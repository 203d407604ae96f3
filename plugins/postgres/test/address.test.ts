import { describe, expect, test } from 'vitest';
import { parseAddress } from '../src/lib/address.ts';

/** The code that it is refused with, and what is shown of it. */
function refusal(location: string): { code: unknown; shown: string } {
  try {
    parseAddress(location);
  } catch (error) {
    const { code, message, hint } = error as { code: unknown; message: string; hint?: string };
    return { code, shown: `${message} ${hint}` };
  }
  return { code: undefined, shown: '' };
}

describe('the address of a storage', () => {
  test('names host, port, user, database and schema', () => {
    expect(parseAddress('postgres://ann@db.example:5433/journal?schema=team_a')).toMatchObject({ host: 'db.example', port: 5433, user: 'ann', database: 'journal', schema: 'team_a' });
  });

  test('names the user\'s own database, the usual port and the schema toka where it says nothing else', () => {
    expect(parseAddress('postgresql://ann@db.example')).toMatchObject({ port: 5432, database: 'ann', schema: 'toka' });
  });

  test.each([
    ['postgres://ann@/journal?host=/run/postgresql', '/run/postgresql'],
    ['postgres://ann@%2Frun%2Fpostgresql/journal', '/run/postgresql'],
    ['postgres://ann@[::1]:5433/journal', '::1'],
    ['postgres:///journal', 'localhost'],
  ])('%s leads to the host %s', (location, host) => {
    expect(parseAddress(location)).toMatchObject({ host, database: 'journal' });
  });

  test.each([
    'postgres://ann:hunter2@db.example/journal',
    'postgres://ann:@db.example/hunter2',
    'postgres://ann:hunter2@/journal?host=/run/postgresql',
    'postgres://ann:hunt#er2@db.example/journal',
    'postgres://ann:hunt/er2@db.example/journal',
    'postgres://ann@db.example/journal?password=hunter2',
  ])('is refused with a password in it, without saying it: %s', (location) => {
    const { code, shown } = refusal(location);
    expect(code).toBe('STORAGE_INVALID');
    expect(shown).not.toMatch(/hunter2|er2/);
  });

  test.each([
    '',
    '/var/lib/journal',
    'mysql://ann@db.example/journal',
    'postgres://ann@db.example:port/journal',
    'postgres://ann@db.example/journal%',
    'postgres://ann@db.example/journal#part',
    'postgres://ann@db.example/journal?sslmode=prefer',
    'postgres://ann@db.example/journal?schema=pg_catalog',
    'postgres://ann@db.example/journal?schema=Team',
    'postgres://ann@db.example/journal?schema=a"; drop',
    'postgres://ann@db.example/journal?schema=a&schema=b',
    'postgres://ann@db.example/journal?connections=0',
    'postgres://ann@db.example/journal?options=-c',
  ])('is refused: %s', (location) => {
    expect(refusal(location).code).toBe('STORAGE_INVALID');
  });

  test.each([
    ['postgres://db.example/journal', { rejectUnauthorized: true }],
    ['postgres://db.example/journal?sslmode=require', { rejectUnauthorized: false }],
    ['postgres://db.example/journal?sslmode=disable', false],
    ['postgres://127.0.0.1.example/journal', { rejectUnauthorized: true }],
    ['postgres://127.0.0.1/journal', false],
    ['postgres://localhost/journal', false],
    ['postgres:///journal?host=/run/postgresql', false],
    ['postgres://localhost/journal?sslmode=verify-full', { rejectUnauthorized: true }],
  ])('%s is encrypted with %o', (location, tls) => {
    expect(parseAddress(location).tls).toEqual(tls);
  });
});
