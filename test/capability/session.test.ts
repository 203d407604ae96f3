import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseCapability } from '../../src/capability/grammar.ts';
import { rememberForSession, sessionGrants } from '../../src/capability/session.ts';

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'toka-session-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const grant = { capability: parseCapability('proc:exec:bash'), tools: ['project/report'] };
const folder = (): string => join(state, 'sessions');

test('holds in the session and project it was said in, for the tool it was said for', () => {
  expect(sessionGrants(state, '/p')).toEqual([]);
  expect(rememberForSession(state, '/p', grant)).toBe(true);
  expect(sessionGrants(state, '/p')).toEqual([{ ...grant, source: 'session' }]);
  expect(sessionGrants(state, '/q')).toEqual([]);
  rememberForSession(state, '/p', { ...grant, tools: ['project/other'] });
  expect(sessionGrants(state, '/p').map(({ tools }) => tools)).toEqual([['project/report'], ['project/other']]);
});

test('another terminal session has none of it', () => {
  rememberForSession(state, '/p', grant);
  const ask = `
    import { sessionGrants } from ${JSON.stringify(join(import.meta.dirname, '../../src/capability/session.ts'))};
    process.stdout.write(String(sessionGrants(${JSON.stringify(state)}, '/p').length));`;
  const words = [process.execPath, '--input-type=module', '-e', ask] as const;
  expect(spawnSync(words[0], words.slice(1), { encoding: 'utf8' }).stdout).toBe('1');
  expect(spawnSync('setsid', ['--wait', ...words], { encoding: 'utf8' }).stdout).toBe('0');
});

test('the file is for its user alone and named after nothing that can be guessed from the project', () => {
  rememberForSession(state, '/p', grant);
  const [name = ''] = readdirSync(folder());
  expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
  expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder(), name), 'utf8'))).toMatchObject({ version: 1 });
});

test.each([
  '',
  '{',
  '[]',
  '{"version":1,"grants":{}}',
  '{"version":1,"grants":[null]}',
  '{"version":1,"grants":[{"root":"/p","capability":"x","tools":["y"]}]}',
])('a damaged file grants nothing: %s', (text) => {
  rememberForSession(state, '/p', grant);
  const [name = ''] = readdirSync(folder());
  writeFileSync(join(folder(), name), text);
  expect(sessionGrants(state, '/p')).toEqual([]);
  rememberForSession(state, '/p', grant);
  expect(sessionGrants(state, '/p')).toHaveLength(1);
});

test('a state folder that cannot be written to: a coded error', () => {
  writeFileSync(folder(), '');
  expect(() => rememberForSession(state, '/p', grant)).toThrow(expect.objectContaining({ code: 'TOKA_STATE_UNAVAILABLE' }));
});
