import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordTrust, trustHash, trustRecord, trustState } from '../../src/capability/trust.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toka-trust-'));
  file = join(folder, 'state', 'trust.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function trust(root: string, text: string): void {
  recordTrust(file, root, { hash: trustHash(text), file: join(root, 'toka.yaml'), text, at: '2026-01-01T00:00:00.000Z' });
}

test('untrusted → trusted → changed → trusted again → untrusted', () => {
  const states: string[] = [];
  const look = (text: string): void => void states.push(trustState(file, '/p', text));
  look('a');
  trust('/p', 'a');
  look('a');
  look('a ');
  look('');
  trust('/p', 'a ');
  look('a ');
  look('a');
  recordTrust(file, '/p', undefined);
  look('a ');
  expect(states).toEqual(['untrusted', 'trusted', 'changed', 'changed', 'trusted', 'changed', 'untrusted']);
});

test('each project by itself; the text that was trusted is kept for the difference', () => {
  trust('/p', 'one');
  trust('/q', 'two');
  recordTrust(file, '/p', undefined);
  expect([trustState(file, '/p', 'one'), trustState(file, '/q', 'two'), trustState(file, '/p/q', 'two')]).toEqual([
    'untrusted',
    'trusted',
    'untrusted',
  ]);
  expect(trustRecord(file, '/q')?.text).toBe('two');
});

test('a folder named like a member of every object is a folder', () => {
  expect([trustState(file, '__proto__', ''), trustState(file, 'constructor', '')]).toEqual(['untrusted', 'untrusted']);
});

test('the list is for its user alone, and nothing is left beside it', () => {
  trust('/p', 'a');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, 'state'))).toEqual(['trust.json']);
});

describe('a damaged list', () => {
  test.each([
    ['empty', ''],
    ['half', '{"version":1,"projects":{"/p":'],
    ['of another version', '{"version":2,"projects":{}}'],
    ['no list', '[]'],
    ['null', 'null'],
    ['null projects', '{"version":1,"projects":null}'],
  ])('%s: refused with its code, trusts nothing, and is left as it is', (_, text) => {
    trust('/p', 'a');
    writeFileSync(file, text);
    for (const use of [() => trustState(file, '/p', 'a'), () => trustRecord(file, '/p'), () => trust('/q', 'b')]) {
      expect(use).toThrow(expect.objectContaining({ code: 'TOKA_INTEGRITY' }));
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

test('a state folder that cannot be written to: a coded error, and nothing is trusted', () => {
  writeFileSync(join(folder, 'state'), 'a file where the folder should be');
  expect(() => trust('/p', 'a')).toThrow(expect.objectContaining({ code: 'TOKA_STATE_UNAVAILABLE' }));
});

test('a list that cannot be read: a coded error', () => {
  trust('/p', 'a');
  chmodSync(file, 0o000);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) expect(trustState(file, '/p', 'a')).toBe('trusted');
  else expect(() => trustState(file, '/p', 'a')).toThrow(expect.objectContaining({ code: 'TOKA_STATE_UNAVAILABLE' }));
  expect(existsSync(file)).toBe(true);
});
