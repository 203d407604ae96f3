import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli.ts';
import AgentRun from '../../src/commands/agent/run.ts';
import Run from '../../src/commands/run.ts';
import { FLAGS } from '../../src/lean/agent-run.ts';
import { OWN_FLAGS } from '../../src/ui/flags.ts';
import { place, type Place, tool } from '../support/cli.ts';

let here: Place;
let full: string;

beforeAll(async () => {
  here = place({ 'notes.txt': 'one\n', 'hello.json': '[{"text":"hello"}]', ...tool('greet', 'echo hello; exit 3'), 'manifests/broken.yaml': '{' });
  // The full command line as its own program: the one that the launcher hands over to.
  full = join(here.base, 'full.cjs');
  writeFileSync(
    full,
    `const { main } = require(${JSON.stringify(join(import.meta.dirname, '../../dist/late/cli.cjs'))});
     main(process.argv.slice(2)).then((code) => process.exit(code ?? process.exitCode));`,
  );
  await here.run(['run', 'greet', '--allow', 'proc:exec']);
  await here.run(['run', 'file-reader', 'notes.txt']);
});
afterAll(() => here[Symbol.dispose]());

function byFullRoute(words: readonly string[]) {
  const { status, stdout, stderr } = here.spawn(process.execPath, [full, ...words]);
  return { code: status, stdout: steady(stdout), stderr: steady(stderr) };
}

async function byLauncher(words: readonly string[]) {
  const { code, stdout, stderr } = await here.run(words);
  return { code, stdout: steady(stdout), stderr: steady(stderr) };
}

/** Without what differs between two runs of the same. */
function steady(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'RUN').replaceAll(/"(wallMs|cpuMs|maxRssBytes)":[\d.]+/g, '"$1":0');
}

describe('the lean and the full route answer alike', () => {
  // Not "run NAME --help": oclif takes that for itself, so the launcher never lets it through.
  test.each(
    [
      ['tools', 'list'],
      ['tools', 'list', '--json'],
      ['tools', 'list', '--source', 'files', '--json'],
      ['tools', 'list', '--category', 'test'],
      ['tools', 'list', '--capability', 'fs:read', '--json'],
      ['tools', 'list', '--capability=proc', '--source=project'],
      ['runs', 'list'],
      ['runs', 'list', '--json', '--limit', '1'],
      ['runs', 'list', '--status', 'failed', '--json'],
      ['runs', 'list', '--tool', 'project/greet'],
      ['run', 'file-reader', 'notes.txt'],
      ['run', '--json', 'file-reader', 'notes.txt'],
      ['run', 'file-reader'],
      ['run', 'nobody', '--json'],
      ['run', 'greet', '--allow', 'proc:exec', '--passthrough-exit'],
      ['run', 'greet'],
      ['run', '--dry-run', 'greet', '--allow', 'proc:exec', '--json'],
      ['run', '--frozen', 'greet', '--allow', 'proc:exec', '--json'],
      ['run', '--frozen=yes', 'greet'],
      ['run', '--nope', 'greet'],
      ['agent', 'run', '-p', 'hello', '--model', 'scripted/hello.json', '--ephemeral'],
      ['agent', 'run', 'nobody', '-p', 'hello', '--json'],
    ].map((words) => ({ words, line: words.join(' ') })),
  )('toka $line', async ({ words }) => {
    expect(await byLauncher(words)).toEqual(byFullRoute(words));
  });

  test.each(
    [
      ['tools', 'list', '--nope'],
      ['tools', 'list', 'word'],
      ['tools', 'list', '--source'],
      ['runs', 'list', '--limit', 'many'],
      ['runs', 'list', '--limit', '0'],
      ['runs', 'list', '--status', 'gone'],
      ['run'],
      ['agent', 'run', '-p', 'hello', '--max-turns', '0'],
      ['agent', 'run', '-p', 'hello', '--continue', '--ephemeral'],
    ].map((words) => ({ words, line: words.join(' ') })),
  )('a mistake is one on both: toka $line', async ({ words }) => {
    const [lean, long] = [await byLauncher(words), byFullRoute(words)];
    expect([lean.code, long.code]).toEqual([2, 2]);
  });
});

describe('flags', () => {
  test('of toka run are the same on both routes', () => {
    const known = Object.entries(Run.flags).map(([name, flag]) => [
      name,
      flag.type === 'boolean' ? 'switch' : flag.multiple === true ? 'list' : 'value',
    ]);
    const inherited = [
      ['debug', 'switch'],
      ['help', 'switch'],
    ];
    expect(Object.fromEntries([...known, ...inherited])).toEqual(OWN_FLAGS);
  });

  test('of toka agent run are the same on both routes', () => {
    const known = Object.entries({ ...AgentRun.baseFlags, ...AgentRun.flags }).map(([name, flag]) => [name, { type: flag.type === 'boolean' ? 'boolean' : 'string', isList: flag.type === 'option' && (flag.multiple ?? false), short: flag.char }]);
    const lean = Object.entries(FLAGS).map(([name, flag]) => [name, { type: flag.type, isList: 'multiple' in flag, short: 'short' in flag ? flag.short : undefined }]);
    expect(Object.fromEntries(lean)).toEqual(Object.fromEntries(known));
  });
});

describe('help', () => {
  test.each(Object.keys(COMMANDS))('of %s: a summary, examples, exit 0', async (id) => {
    const words = id.split(':');
    const { code, stdout } = await here.run([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('EXAMPLES');
    expect(stdout).toContain(`toka ${words.join(' ')}`);
  });

  test('of toka itself names every topic and command', async () => {
    const { code, stdout } = await here.run(['--help']);
    expect(code).toBe(0);
    for (const id of Object.keys(COMMANDS)) expect(stdout).toContain(id.split(':')[0]);
  });

  test('an unknown command is a usage error', async () => {
    expect((await here.run(['nonsense'])).code).toBe(2);
    expect((await here.run(['tools', 'nonsense'])).code).toBe(2);
  });

  test('every command has examples, and its summary ends with a full stop', () => {
    for (const [id, command] of Object.entries(COMMANDS)) {
      expect([id, (command.examples ?? []).length > 0, command.summary?.endsWith('.')]).toEqual([id, true, true]);
    }
  });
});
