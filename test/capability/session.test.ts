import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'toka-session-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const folder = (): string => join(state, 'sessions');
const file = (): string => join(folder(), readdirSync(folder())[0] ?? '');

// The session of the test run itself may be unknown, as in a container: each of these is a new one.
const NEW_SESSION = ['setsid', '--wait'];
// Its leader stands outside and is not to be seen from within.
const UNKNOWN_SESSION = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc'];

/** What these calls return, one after the other, in a process of one terminal session. */
function inSession(calls: string, [command = '', ...words] = NEW_SESSION): unknown[] {
  const program = `
    import { rememberForSession, sessionGrants } from ${JSON.stringify(join(import.meta.dirname, '../../src/capability/session.ts'))};
    import { parseCapability } from ${JSON.stringify(join(import.meta.dirname, '../../src/capability/grammar.ts'))};
    const grant = { capability: parseCapability('proc:exec:bash'), tools: ['project/report'] };
    const remember = (root, change) => rememberForSession(${JSON.stringify(state)}, root, { ...grant, ...change });
    const tools = (root) => sessionGrants(${JSON.stringify(state)}, root).map(({ tools, source }) => [source, ...tools]);
    const code = (call) => { try { return call(); } catch (error) { return error.code; } };
    console.log(JSON.stringify([${calls}]));`;
  const { stdout, stderr } = spawnSync(command, [...words, process.execPath, '--input-type=module', '-e', program], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as unknown[];
}

test('holds in the session and project it was said in, for the tool it was said for', () => {
  expect(inSession(`tools('/p'), remember('/p'), tools('/p'), tools('/q'), remember('/p', { tools: ['project/other'] }), tools('/p')`)).toEqual([
    [],
    true,
    [['session', 'project/report']],
    [],
    true,
    [
      ['session', 'project/report'],
      ['session', 'project/other'],
    ],
  ]);
});

test('holds in the other processes of its session, and in no other session', () => {
  const again = `(await import('node:child_process')).execFileSync(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(`
    import { sessionGrants } from ${JSON.stringify(join(import.meta.dirname, '../../src/capability/session.ts'))};
    process.stdout.write(String(sessionGrants(process.argv[1], '/p').length));`)}, ${JSON.stringify(state)}], { encoding: 'utf8' })`;
  expect(inSession(`remember('/p'), ${again}`)).toEqual([true, '1']);
  expect(inSession(`tools('/p')`)).toEqual([[]]);
});

test('where the session cannot be told from another, nothing is remembered', () => {
  expect(inSession(`remember('/p'), tools('/p')`, UNKNOWN_SESSION)).toEqual([false, []]);
});

test('the file is for its user alone and named after nothing that can be guessed from the project', () => {
  inSession(`remember('/p')`);
  expect(readdirSync(folder())).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ version: 1 });
});

test.each([
  '',
  '{',
  '[]',
  '{"version":1,"grants":{}}',
  '{"version":1,"grants":[null]}',
  '{"version":1,"grants":[{"root":"/p","capability":"x","tools":["y"]}]}',
])('a damaged file grants nothing: %s', (text) => {
  const damage = `(await import('node:fs')).writeFileSync(process.argv[1], ${JSON.stringify(text)})`;
  const found = `${JSON.stringify(folder())} + '/' + (await import('node:fs')).readdirSync(${JSON.stringify(folder())})[0]`;
  const calls = `remember('/p'), process.argv[1] = ${found}, ${damage}, tools('/p'), remember('/p'), tools('/p').length`;
  expect(inSession(calls).slice(3)).toEqual([[], true, 1]);
});

test('a state folder that cannot be written to: a coded error', () => {
  writeFileSync(folder(), '');
  expect(inSession(`code(() => remember('/p'))`)).toEqual(['TOKA_STATE_UNAVAILABLE']);
});
