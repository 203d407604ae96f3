import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRevocations } from '../../../src/capability/token/revocations.ts';

let base: string;
let file: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'toka-revoked-'));
  file = join(base, 'keys', 'revoked.json');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const id = (at: number): string => at.toString(16).padStart(32, '0');
const kept = (): string[] => Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { revoked: object }).revoked);

test('no list, nothing revoked', () => {
  expect(openRevocations(file).firstOf([id(1)])).toBeUndefined();
});

test('an id is forgotten once the token has expired by itself', () => {
  const list = openRevocations(file);
  list.add(id(1), 100, 0);
  list.add(id(2), 300, 0);
  list.add(id(3), 300, 100);
  expect(kept()).toEqual([id(1), id(2), id(3)]);
  list.add(id(4), 300, 101);
  expect(kept()).toEqual([id(2), id(3), id(4)]);
});

test('it is for its user alone', () => {
  openRevocations(file).add(id(1), 100, 0);
  expect([statSync(file).mode & 0o777, statSync(join(base, 'keys')).mode & 0o777]).toEqual([0o600, 0o700]);
});

test('processes that revoke at once lose nothing', async () => {
  const program = `
    import { openRevocations } from ${JSON.stringify(join(import.meta.dirname, '../../../src/capability/token/revocations.ts'))};
    const [file, first] = process.argv.slice(1);
    const list = openRevocations(file);
    for (let at = 0; at < 10; at++) list.add((Number(first) + at).toString(16).padStart(32, '0'), 100, 0);`;
  const children = [0, 10, 20, 30].map((first) => spawn(process.execPath, ['--input-type=module', '-e', program, file, String(first)], { stdio: 'inherit' }));
  await Promise.all(children.map(async (child) => once(child, 'close')));
  expect(kept().toSorted()).toEqual(Array.from({ length: 40 }, (_, at) => id(at)).toSorted());
});
