import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Json, LAUNCHER, type Place, place } from '../support/cli.ts';

const HOUSE = join(LAUNCHER, '../..');
const text = { type: 'string' };
const secretText = { ...text, 'x-type': 'secret' };
const login = { type: 'object', properties: { user: text, password: secretText }, required: ['user', 'password'], additionalProperties: false };

const properties = {
  logins: { type: 'array', description: 'x', items: login },
  vault: { type: 'object', description: 'x', properties: { name: text, keys: { type: 'object', additionalProperties: secretText } } },
  pins: { type: 'array', description: 'x', 'x-type': 'secret', items: text },
};

/** A toka whose plugin of files has one more tool: it tells what it was given. */
let here: Place;
let launcher: string;
beforeAll(() => {
  here = place();
  const house = join(here.base, 'house');
  for (const part of ['bin', 'dist', 'manifests', 'package.json']) cpSync(join(HOUSE, part), join(house, part), { recursive: true });
  const { toka } = JSON.parse(readFileSync(join(HOUSE, 'package.json'), 'utf8')) as { toka: { plugins: string[] } };
  for (const name of toka.plugins) {
    cpSync(realpathSync(join(HOUSE, 'node_modules', name)), join(house, 'node_modules', name), { recursive: true, dereference: true });
  }
  const plugin = join(house, 'node_modules/@toka/plugin-files');
  const file = join(plugin, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { toka: { contributes: { tools: object[] } } };
  manifest.toka.contributes.tools.push({
    id: 'teller',
    entry: './dist/teller.cjs',
    summary: 'Tell what was given',
    category: 'test',
    params: { type: 'object', properties, required: [], additionalProperties: false },
    output: {},
    capabilities: {},
    effect: 'none',
  });
  writeFileSync(file, JSON.stringify(manifest));
  mkdirSync(join(plugin, 'dist'), { recursive: true });
  writeFileSync(join(plugin, 'dist/teller.cjs'), 'exports.default = { run: async (params) => ({ told: JSON.stringify(params) }) };\n');
  launcher = join(house, 'bin/run.js');
});
afterAll(() => here[Symbol.dispose]());

/** A value that is looked for in what toka keeps, and in what it says by itself. */
function value(): string {
  return `planted-${randomBytes(12).toString('hex')}`;
}

/** Runs the tool, demands that no file of toka holds the secret, and reads what was recorded. */
function tell(params: object, secret: string): Json & { readonly exit: number | null; readonly asked: unknown; readonly told: string } {
  const { status, stdout } = here.spawn(process.execPath, [launcher, 'run', 'teller', '--json', '--params', '-'], { input: JSON.stringify(params) });
  const result = JSON.parse(stdout) as Json;
  const shown = here.spawn(process.execPath, [launcher, 'runs', 'show', result.runId, '--json']).stdout;
  const { events } = JSON.parse(shown) as { events: { event: { type: string; params?: { inline: unknown }; data?: unknown } }[] };
  const found = here.spawn('grep', ['-rlF', secret, here.home, join(here.project, '.toka'), here.env['XDG_CACHE_HOME'] ?? '']);
  expect([found.stdout, shown.includes(secret)]).toEqual(['', false]);
  const [requested, finished] = ['run.requested', 'run.finished'].map((type) => events.find(({ event }) => event.type === type)?.event);
  return { ...result, exit: status, asked: requested?.params?.inline, told: JSON.stringify(finished?.data ?? null) };
}

describe('a secret inside of a parameter', () => {
  test.each<[string, (secret: string) => object, object]>([
    ['in a list of objects', (secret) => ({ logins: [{ user: 'ann', password: secret }] }), { logins: [{ user: 'ann', password: '[secret]' }] }],
    ['as any member of an object', (secret) => ({ vault: { name: 'mine', keys: { home: secret } } }), { vault: { name: 'mine', keys: { home: '[secret]' } } }],
    ['that is a list as a whole', (secret) => ({ pins: [secret] }), { pins: '[secret]' }],
  ])('%s reaches the tool, and is recorded neither with the parameters nor where the tool tells it', (_, make, kept) => {
    const secret = value();
    const { exit, data, asked, told } = tell(make(secret), secret);
    expect([exit, data]).toEqual([0, { told: JSON.stringify(make(secret)) }]);
    expect(asked).toEqual(kept);
    expect(told).toContain('[secret]');
  });

  test.each<[string, (secret: string) => object]>([
    ['a misspelt name', (secret) => ({ logins: [{ user: 'ann', pasword: secret }] })],
    ['another shape', (secret) => ({ logins: [secret] })],
    ['an object instead', (secret) => ({ logins: [{ user: 'ann', password: { value: secret } }] })],
    ['nothing around it', (secret) => ({ vault: secret })],
  ])('is neither shown nor recorded where it is refused for %s', (_, make) => {
    const secret = value();
    const { exit, error } = tell(make(secret), secret);
    expect([exit, error?.code]).toEqual([2, 'TOKA_PARAM_INVALID']);
    expect(JSON.stringify(error)).not.toContain(secret.slice(0, 20));
  });
});
