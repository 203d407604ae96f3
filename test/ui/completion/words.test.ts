import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli.ts';
import { OWN_FLAGS } from '../../../src/ui/flags.ts';
import { type Place, place, tool } from '../../support/cli.ts';

let here: Place;
beforeAll(async () => {
  here = place({
    ...tool('paint', 'echo done', {
      parameters: [
        { name: 'colour', type: 'enum', description: 'Which', enum: ['red', 'dark green', 'blue'], pass: { flag: '--colour' } },
        { name: 'shade', type: 'enum', description: 'How', enum: ['light', 'dark'], required: true, position: 1, pass: { positional: 1 } },
        { name: 'dryRun', type: 'boolean', description: 'Only try', pass: { flag: '--dry-run' } },
      ],
    }),
  });
  await here.run(['run', 'file-lister', '.']);
});
afterAll(() => here[Symbol.dispose]());

/** What may stand at the end of these words. */
async function after(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await here.run(['completion', 'words', '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
}

test('commands, word by word', async () => {
  const firsts = [...new Set(Object.keys(COMMANDS).map((id) => id.split(':')[0]))];
  expect(new Set(await after(''))).toEqual(new Set(firsts));
  expect(await after('too')).toEqual(['tools']);
  expect((await after('auth', 'token', '')).toSorted()).toEqual(['attenuate', 'create', 'inspect', 'verify']);
  expect(await after('no-such-command', '')).toEqual([]);
});

test('flags of every command', async () => {
  for (const [id, command] of Object.entries(COMMANDS)) {
    const flags = Object.keys({ ...command.flags, ...command.baseFlags, help: true }).map((name) => `--${name}`);
    expect((await after(...id.split(':'), '--')).toSorted(), id).toEqual(flags.toSorted());
  }
}, 240_000);

test('values of flags that can be counted, in both forms', async () => {
  expect(await after('runs', 'list', '--status', 'kil')).toEqual(['killed']);
  expect(await after('runs', 'list', '--status=kil')).toEqual(['--status=killed']);
  expect(await after('plugins', 'generate', 'weather', '--kind', '')).toEqual(['tool', 'runtime', 'storage', 'provider', 'engine', 'analyser']);
});

describe('tools', () => {
  test.each([['run'], ['tools', 'show'], ['tools', 'test'], ['policy', 'check'], ['check', '--only'], ['runs', 'list', '--tool'], ['run', '--json'], ['run', '--timeout', '3s']])('are named after %s', async (...words) => {
    expect(await after(...words, 'pai')).toEqual(['paint']);
  });

  test('a tool is there as soon as its manifest is, and gone with it', async () => {
    here.write(tool('fresh-tool', 'true'));
    expect(await after('run', 'fresh')).toEqual(['fresh-tool']);
  });

  test('of several that have one name the full names are told', async () => {
    using other = place(tool('file-reader', 'true'));
    const { stdout } = await other.run(['completion', 'words', '--', 'run', '']);
    expect(stdout.match(/^\S*file-reader/gm)?.toSorted()).toEqual(['files/file-reader', 'project/file-reader']);
  });
});

test('agents by the names of their files', async () => {
  here.write({ '.toka/agents/painter.yaml': '' });
  expect(await after('agent', 'show', 'p')).toEqual(['painter']);
  expect(await after('agent', 'run', 'docu')).toEqual(['documentation']);
});

describe('of a tool', () => {
  test('its flags, and those of toka that it leaves', async () => {
    const flags = await after('run', 'paint', '--');
    expect(flags.slice(0, 3)).toEqual(['--colour', '--shade', '--dry-run']);
    expect(new Set(flags)).toEqual(new Set(['--colour', '--shade', ...Object.keys(OWN_FLAGS).map((name) => `--${name}`)]));
    expect(new Set(flags).size).toBe(flags.length);
  });

  test('the values of its parameters: those that are one word', async () => {
    expect(await after('run', 'paint', '--colour', '')).toEqual(['red', 'blue']);
    expect(await after('run', 'paint', '--colour=b')).toEqual(['--colour=blue']);
    expect(await after('run', 'paint', 'dar')).toEqual(['dark']);
    expect(await after('run', '--quiet', 'paint', '--dry-run', 'l')).toEqual(['light']);
    expect(await after('run', 'paint', 'dark', '')).toEqual([]);
  });

  test('one that is unknown has nothing, and that is no error', async () => {
    expect(await after('run', 'no-such-tool', '--')).toEqual([]);
  });
});

test.each(['show', 'logs', 'tree', 'replay', 'resume', 'export', 'diff'])('runs are named after runs %s', async (command) => {
  const { runs } = await here.json<{ runs: readonly { id: string }[] }>(['runs', 'list']);
  expect(await after('runs', command, '')).toEqual(runs.map(({ id }) => id));
});

test.each([[], ['--'], ['tools', 'show', '../../etc'], ['run', '--params='], ['__proto__', ''], ['run', 'constructor', '--']])('odd words (%j) are borne', async (...words) => {
  expect((await here.run(['completion', 'words', '--', ...words])).code).toBe(0);
});

test('nothing is recorded, and a configuration that cannot be read stops nothing', async () => {
  using broken = place({ 'toka.yaml': '{' });
  const { code, stdout } = await broken.run(['completion', 'words', '--', 'tools', 'li']);
  expect({ code, stdout: stdout.split('\t')[0] }).toEqual({ code: 0, stdout: 'list' });
  expect((await broken.run(['completion', 'words', '--', 'run', ''])).code).toBe(0);
  expect(readdirSync(broken.project)).toEqual(['toka.yaml']);
});
