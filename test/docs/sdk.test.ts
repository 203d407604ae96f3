import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { sdkExports } from '../../scripts/docs/sdk.mjs';
import { ROOT } from './support.ts';

const ENTRIES = { '@toka/sdk': 'index', '@toka/sdk/program': 'program', '@toka/sdk/testing': 'testing/index' } as const;
const exported = Object.entries(ENTRIES).flatMap(([specifier, entry]) => sdkExports(entry).map((each) => ({ ...each, specifier })));
const values = exported.filter(({ kind }) => kind !== 'type');

const folder = mkdtempSync(join(tmpdir(), 'toka-sdk-'));
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every export says what it is', () => {
  expect(exported.filter(({ summary }) => summary === '').map(({ name }) => name)).toEqual([]);
});

test('every value has an example', () => {
  expect(values.filter(({ example }) => example === undefined).map(({ name }) => name)).toEqual([]);
});

test('every parameter of a function is explained', () => {
  const functions = exported.filter(({ kind }) => kind === 'function');
  const unexplained = functions.filter(({ text, params, name }) => !name.startsWith('is') && params.length === 0 && !/\(\)/.test(text.split('{')[0] ?? '') && !name.startsWith('define') && name !== 'testContext');
  expect(unexplained.map(({ name }) => name)).toEqual([]);
});

/** What stands around an example: the parts that its reader has. */
const AROUND: Readonly<Record<string, string>> = {
  analyserChecks: `import analyser from '${ROOT}/plugins/analysis/src/classify.ts';`,
  defineAnalyser: 'class Repeats { constructor(often) {} add() {} finish() { return { findings: [], tooFew: [] }; } }',
  definePlaces: "import { join } from 'node:path';",
  defineRuntime: "const DRIVER = '';",
  defineStorage: 'class LmdbDriver {}',
  engineChecks: `import { engine as made } from '${ROOT}/test/conformance/memory-engine.ts'; const engine = made(true); let places = 0; const makePlace = async () => { const location = String(++places); return { connect: async () => engine.connect({ location }) }; };`,
  searchChecks: 'const search = { embed: (texts) => texts.map((text) => [1, /weather/.test(text) ? 1 : 0, /tale/.test(text) ? 1 : 0]) };',
  providerChecks: `import provider from '${ROOT}/templates/plugin-provider/src/chat-server.ts'; import { serve as serveScenario } from '${ROOT}/templates/plugin-provider/test/server.ts';`,
  readResult: "import { send } from '@toka/sdk/program'; const order = { limits: { maxValue: 100 } };",
  receiveOrder: "import { send } from '@toka/sdk/program';",
  runtimeChecks: `import runtime from '${ROOT}/templates/plugin-runtime/src/tiny-script.ts'; import places from '${ROOT}/templates/plugin-runtime/test/places.ts'; const samples = places.runtimes['tiny-script'];`,
  storageChecks: `import { mkdtempSync, rmSync } from 'node:fs'; import { tmpdir } from 'node:os'; import { join } from 'node:path'; import storage from '${ROOT}/templates/plugin-storage/src/scratch-store.ts';`,
  testContext: `import lineCount from '${ROOT}/templates/plugin-tool/src/word-count.ts'; const folder = '${ROOT}/templates/plugin-tool/test/examples';`,
  toolChecks: `import { Ajv2020 } from 'ajv/dist/2020.js'; import tool from '${ROOT}/templates/plugin-tool/src/word-count.ts'; process.chdir('${ROOT}/templates/plugin-tool/test'); const ajv = new Ajv2020({ strict: false, useDefaults: true }); const matches = (schema, value) => (ajv.validate(schema, value) ? undefined : ajv.errorsText());`,
};

/** An example as a program: what a comment says of a value is demanded. */
function programOf({ name, specifier, example = '' }: (typeof values)[number]): string {
  const own = example.includes('import ') ? '' : `import { ${[...new Set([name, ...['coded'].filter((each) => example.includes(`${each}(`))])].join(', ')} } from '${specifier}';`;
  const text = example.replaceAll(/^(.+); \/\/ (.+)$/gm, 'assert.deepEqual($1, $2);').replace('export default', 'export const made =');
  return `import assert from 'node:assert/strict';\n${own}\n${AROUND[name] ?? ''}\n${text}\n`;
}

test.each(values)('the example of $name runs', async (value) => {
  const file = join(folder, `${value.name}.ts`);
  writeFileSync(file, programOf(value));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
  // Most examples do not read it.
  child.stdio[3]?.on('error', () => undefined);
  (child.stdio[3] as Writable).end(`${JSON.stringify({ type: 'order', version: 1, source: 'return 1' })}\n`);
  let said = '';
  for (const stream of child.stdio.slice(1)) (stream as NodeJS.ReadableStream | null)?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => void child.on('close', resolve));
  expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  if (value.name === 'receiveOrder') expect(said).toContain('{"type":"result","data":8}');
});

describe('the package', () => {
  test('takes at most 15 KB without the checks', () => {
    const packed = join(folder, 'packed');
    mkdirSync(packed);
    expect(spawnSync('npm', ['pack', '--pack-destination', packed], { cwd: join(ROOT, 'plugins/sdk') }).status).toBe(0);
    spawnSync('tar', ['xzf', readdirSync(packed)[0] ?? ''], { cwd: packed });
    rmSync(join(packed, 'package/dist/testing'), { recursive: true });
    const { stdout } = spawnSync('tar', ['c', 'package'], { cwd: packed });
    expect(gzipSync(stdout, { level: 9 }).byteLength).toBeLessThanOrEqual(15 * 1024);
  });

  test('depends on nothing', () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'plugins/sdk/package.json'), 'utf8')) as Record<string, unknown>;
    expect([dependencies, peerDependencies, optionalDependencies]).toEqual([undefined, undefined, undefined]);
  });
});
