import type { JsonValue } from '@toka/sdk';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { javascript, runCode } from '../support/code.ts';
import { type Attempt, ATTEMPTS } from './attempts.ts';

const SECRET = `secret-${process.pid}-of-the-environment`;
const FOLDER = mkdtempSync(join(tmpdir(), 'toka-escapes-'));
const FILE = join(FOLDER, 'secret.json');
const CONTROL = join(import.meta.dirname, 'control.cjs');

/** Milliseconds after which a control counts as endless. */
const ENDLESS = 1500;

writeFileSync(FILE, JSON.stringify(SECRET));
process.env['TOKA_ESCAPE_SECRET'] = SECRET;

const table: string[] = [];

afterAll(async () => {
  await javascript.close?.();
  rmSync(FOLDER, { recursive: true });
  const head = `${'attempt'.padEnd(28)}${'QuickJS in a thread'.padEnd(22)}${'node:vm'.padEnd(11)}Node.js`;
  process.stdout.write(`\n${head}\n${table.join('\n')}\n`);
});

test('there are at least 63 attempts, each with a name of its own', () => {
  expect(new Set(ATTEMPTS.map(({ id }) => id)).size).toBe(ATTEMPTS.length);
  expect(ATTEMPTS.length).toBeGreaterThanOrEqual(63);
});

test.each(ATTEMPTS)('$id: $what is out of reach, and within reach without the wall', async (attempt) => {
  const escaped = await escapes(attempt);
  const [inVm, inNode] = await Promise.all([escapesFrom('vm', attempt), escapesFrom('node', attempt)]);
  const word = (is: boolean) => (is ? 'ESCAPED' : 'contained');
  table.push(`${attempt.id.padEnd(28)}${word(escaped).padEnd(22)}${word(inVm).padEnd(11)}${word(inNode)}`);
  expect(escaped).toBe(false);
  expect(inVm || inNode, 'the attempt does not work anywhere: it shows nothing').toBe(true);
});

async function escapes({ source, seen }: Attempt): Promise<boolean> {
  const before = process.memoryUsage.rss();
  const params = { list: [1, 2] };
  const { result, calls, stdout, stderr } = await runCode(`const FILE = ${JSON.stringify(FILE)};${source}`, { params, limits: { timeoutMs: 1500 } });
  const told = JSON.stringify([result, stdout, stderr]);
  const isChanged = ({} as { tokaEscape?: boolean }).tokaEscape === true || (globalThis as { tokaEscape?: boolean }).tokaEscape === true || params.list.length !== 2;
  if (told.includes(SECRET) || isChanged || existsSync(`${FILE}.written`)) return true;
  // At its time, or where memory is used up before.
  if (seen === 'endless') return result.ok || result.stopped === undefined;
  if (seen === 'memory') return process.memoryUsage.rss() - before > 300 * 1024 * 1024;
  return calls.some(({ params: given }) => !isPlain(given));
}

/** Whether it is data as JSON.parse makes it, without keys that lead to prototypes. */
function isPlain(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function';
  if (Object.getPrototypeOf(value) !== (Array.isArray(value) ? Array.prototype : Object.prototype)) return false;
  return Object.entries(Object.getOwnPropertyDescriptors(value)).every(([key, { get, value: held }]) => {
    return key === 'length' || (get === undefined && !['__proto__', 'constructor', 'prototype'].includes(key) && isPlain(held as JsonValue));
  });
}

async function escapesFrom(where: 'vm' | 'node', { source, seen }: Attempt): Promise<boolean> {
  const child = spawn(process.execPath, ['--max-old-space-size=500', CONTROL], { env: {}, stdio: ['pipe', 'ignore', 'pipe'], timeout: seen === 'memory' ? 20_000 : ENDLESS + 3000, killSignal: 'SIGKILL' });
  child.stdin.end(JSON.stringify({ source, seen, where, secret: SECRET, file: FILE }));
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const signal = await new Promise<string | null>((resolve) => void child.on('close', (_code, by) => resolve(by)));
  rmSync(`${FILE}.written`, { force: true });
  return told.includes('ESCAPED') || signal !== null;
}
