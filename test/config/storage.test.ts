import { expect, test } from 'vitest';
import { locateFrom, parseStorage, placeOf, type StorageChoice } from '../../src/config/storage.ts';

const HERE = { root: '/srv/website', state: '/srv/website/.toka/state' };
const refused = (code: string): Error => expect.objectContaining({ code }) as Error;

test.each<[string, StorageChoice]>([
  ['sqlite', { backend: 'sqlite' }],
  ['lmdb:/srv/toka', { backend: 'lmdb', location: '/srv/toka' }],
  ['sqlite:a:b c', { backend: 'sqlite', location: 'a:b c' }],
  ['postgresql://db.example/toka', { backend: 'postgres', location: 'postgresql://db.example/toka' }],
  ['postgres://db.example/toka', { backend: 'postgres', location: 'postgres://db.example/toka' }],
])('--storage %s is read', (text, choice) => {
  expect(parseStorage(text)).toEqual(choice);
});

test.each(['', ':', 'sqlite:', 'SQLite', '/srv/toka', ' sqlite', 'sqlite:~', 'sqlite:~/toka'])('--storage %j is refused', (text) => {
  expect(() => parseStorage(text)).toThrow(refused('TOKA_USAGE'));
});

test('without a location it is in the state folder', () => {
  expect(placeOf({ backend: 'sqlite' }, HERE)).toEqual({ location: '/srv/website/.toka/state/journal.db' });
  expect(placeOf({ backend: 'lmdb' }, HERE)).toEqual({ location: '/srv/website/.toka/state/journal.lmdb' });
});

test('a folder is hidden with what is in it, and an address is taken as it is', () => {
  expect(placeOf({ backend: 'sqlite', location: '/srv/journals' }, HERE)).toEqual({ location: '/srv/journals/journal.db', folder: '/srv/journals' });
  expect(placeOf({ backend: 'postgres', location: 'postgres://ann@db.example/toka' }, HERE)).toEqual({ location: 'postgres://ann@db.example/toka' });
});

test.each(['/srv/website', '/srv', '/', '/srv/website/../website'])('%s, in which the project stands, is refused', (location) => {
  expect(() => placeOf({ backend: 'sqlite', location }, HERE)).toThrow(refused('TOKA_CONFIG_INVALID'));
});

test.each(['postgres://ann:secret@db.example/toka', 'postgres://db.example/toka?password=secret', 'postgres://ann:secret@[/toka'])('the password of %s is refused, and not told', (location) => {
  const message = (): string => {
    try {
      return JSON.stringify(placeOf({ backend: 'postgres', location }, HERE));
    } catch (error) {
      return String(error);
    }
  };
  expect(() => placeOf({ backend: 'postgres', location }, HERE)).toThrow(refused('TOKA_CONFIG_INVALID'));
  expect(message()).not.toContain('secret');
});

test('what a file names is relative to its folder', () => {
  expect(locateFrom('/srv/website', { backend: 'sqlite', location: '../journals' })).toEqual({ backend: 'sqlite', location: '/srv/journals' });
  expect(locateFrom('/srv/website', { backend: 'postgres', location: 'postgres://db.example' })).toEqual({ backend: 'postgres', location: 'postgres://db.example' });
  expect(locateFrom('/srv/website', { backend: 'sqlite' })).toEqual({ backend: 'sqlite' });
});
