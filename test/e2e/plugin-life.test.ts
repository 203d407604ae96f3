import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../support/cli.ts';
import { generate, type GeneratedPlugin, KINDS, type Kind, linkPackages } from '../support/generated-plugin.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry();
  await registry.publish(join(import.meta.dirname, '../../plugins/sdk'));
});
afterAll(async () => registry[Symbol.asyncDispose]());

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one two three\n', 'toka.yaml': '' });
  linkPackages(here);
  writeFileSync(join(here.home, '.npmrc'), registry.npmrc);
});
afterEach(() => here[Symbol.dispose]());

type Answer = Json & { readonly exit: number | null };

async function toka(...words: readonly string[]): Promise<Answer> {
  return here.json(words);
}

interface Use {
  readonly name: string;
  /** Does something that only the plugin makes possible. */
  use(): Promise<Answer>;
  readonly there: object;
  readonly gone: object;
}

const USES: Readonly<Record<Kind, Use>> = {
  tool: {
    name: 'tally',
    use: async () => toka('run', 'tally', '--path', 'notes.txt', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:node'),
    there: { exit: 0, tool: 'tally/tally', data: { words: 3 } },
    gone: { exit: 2, error: { code: 'TOKA_TOOL_UNKNOWN' } },
  },
  runtime: {
    name: 'lisp',
    use: async () => here.json(['code', 'run', '--language', 'lisp', '-'], { input: '' }),
    there: { exit: 0, tool: 'code/lisp', status: 'succeeded' },
    gone: { exit: 2, error: { code: 'TOKA_LANGUAGE_UNKNOWN' } },
  },
  // What is made keeps nothing for good, which no command may record in: that is said, and that it is known.
  storage: {
    name: 'shelf',
    use: async () => toka('runs', 'list', '--storage', 'shelf'),
    there: { exit: 2, error: { code: 'TOKA_USAGE' } },
    gone: { exit: 69, error: { code: 'TOKA_STORAGE_UNKNOWN' } },
  },
  // It would ask a server: it is listed with what it may do.
  provider: {
    name: 'oracle',
    use: async () => toka('plugins', 'inspect', 'toka-plugin-oracle'),
    there: { exit: 0, state: 'ok', contributions: [{ kind: 'providers', id: 'oracle' }] },
    gone: { exit: 0, state: 'not-installed' },
  },
  // What is made hands on nothing beyond its process: that it never had that run is said by it.
  engine: {
    name: 'relay',
    use: async () => toka('engine', 'status', '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f', '--engine', 'relay://somewhere'),
    there: { exit: 2, error: { code: 'TOKA_RUN_UNKNOWN' } },
    gone: { exit: 69, error: { code: 'TOKA_ENGINE_UNKNOWN' } },
  },
  analyser: {
    name: 'turtles',
    use: async () => toka('events', 'analyze', '--analyser', 'turtles'),
    there: { exit: 0, analysers: [{ id: 'turtles', findings: [] }] },
    gone: { exit: 2, error: { code: 'TOKA_ANALYSER_UNKNOWN' } },
  },
};

async function release(plugin: GeneratedPlugin, version: string): Promise<void> {
  plugin.change((manifest) => Object.assign(manifest, { version }));
  await registry.publish(plugin.folder);
}

describe.each(KINDS)('a plugin that brings a %s', (kind) => {
  const { use, there, gone } = USES[kind];
  const name = `toka-plugin-${USES[kind].name}`;

  test('is generated, built, tried, published, installed, used, updated and removed', { timeout: 240_000 }, async () => {
    const plugin = await generate(here, kind, name);
    const report = await plugin.test();
    expect([report.exit, report.ok, report.checks.filter(({ reason }) => reason !== undefined)]).toEqual([0, true, []]);
    await release(plugin, '1.0.0');
    expect(await toka('plugins', 'install', name, '--yes')).toMatchObject({ exit: 0, changes: [{ change: 'installed', version: '1.0.0' }] });
    expect(await use()).toMatchObject(there);
    await release(plugin, '1.0.1');
    expect(await toka('plugins', 'update', name, '--yes')).toMatchObject({ exit: 0, changes: [{ change: 'updated', version: '1.0.1' }] });
    expect(await use()).toMatchObject(there);
    expect(await toka('plugins', 'uninstall', name)).toMatchObject({ exit: 0 });
    expect(await use()).toMatchObject(gone);
  });
});
