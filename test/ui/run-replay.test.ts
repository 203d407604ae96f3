import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Place, place, type Spec, tool } from '../support/cli.ts';
import { hasTmux, openPane } from '../support/terminal.ts';

interface Report {
  readonly same: boolean;
  readonly divergence?: { readonly call: number; readonly recorded?: { readonly do: string }; readonly now?: { readonly do: string }; readonly content?: { readonly patch?: string } };
  readonly differences: readonly { readonly field: string; readonly a?: unknown; readonly b?: unknown; readonly patch?: string }[];
  readonly reexecuted?: string;
  readonly changedFiles?: readonly { readonly path: string }[];
}

async function recorded(here: Place, args: readonly string[], input?: string): Promise<string> {
  const { runId } = await here.json(['run', '--record', '--allow', 'proc:exec:bash', '--allow', 'proc:exec:node', ...args], input === undefined ? {} : { input });
  return runId;
}

const replayed = async (here: Place, run: string, ...flags: readonly string[]): ReturnType<typeof here.json<Report>> => here.json<Report>(['runs', 'replay', run, ...flags]);

const COPY = (line = 'text.toUpperCase()'): string => `
  export default {
    async run({ from, to }, ctx) {
      const text = await ctx.fs.readText(from);
      const entries = [];
      for await (const entry of ctx.fs.walk('.')) entries.push(entry.path);
      ctx.log('info', 'copying');
      await ctx.fs.write(to, ${line});
      return { ok: true, letters: text.length, entries, run: ctx.runId, key: ctx.idempotencyKey, root: ctx.root };
    },
  };`;
const COPIER: Spec = {
  type: 'native',
  effect: 'idempotent',
  parameters: [
    { name: 'from', type: 'path', required: true, description: 'What is copied' },
    { name: 'to', type: 'path', required: true, description: 'Where to' },
  ],
  capabilities: { required: ['fs:read:**', 'fs:write:out/**'] },
};
const copier = (line?: string): Record<string, string> => tool('copier', COPY(line), COPIER);
const GRANTS = ['--allow', 'fs:read:**', '--allow', 'fs:write:out/**'];

describe('a run of a tool that is recorded', () => {
  test('is told again from the record alone, when its files are gone, and changes nothing', async () => {
    using here = place({ 'notes.txt': 'one\ntwo\n' });
    const run = await recorded(here, ['file-reader', 'notes.txt']);
    rmSync(join(here.project, 'notes.txt'));
    const before = await here.json<{ runs: unknown[] }>(['runs', 'list']);
    const first = await here.run(['runs', 'replay', run, '--strict', '--json']);
    expect([first.code, (JSON.parse(first.stdout) as Report).same]).toEqual([0, true]);
    for (let again = 0; again < 3; again++) expect((await here.run(['runs', 'replay', run, '--strict', '--json'])).stdout).toBe(first.stdout);
    expect(await here.json(['runs', 'list'])).toEqual(before);
  });

  test('keeps its own ids and folders, and writes nothing, outside of the process as well', async () => {
    using here = place({ 'notes.txt': 'one\ntwo\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    rmSync(join(here.project, 'notes.txt'));
    rmSync(join(here.project, 'out/copy.txt'));
    expect(await replayed(here, run, '--strict')).toMatchObject({ same: true, differences: [], exit: 0 });
    expect(() => here.read('out/copy.txt')).toThrow('ENOENT');
  });

  test('that writes something else now has diverged, and the report says where', async () => {
    using here = place({ 'notes.txt': 'one\ntwo\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    here.write(copier('text.replace("two", "2")'));
    expect(await replayed(here, run)).toMatchObject({ same: false, divergence: { recorded: { do: 'write' }, now: { do: 'write' }, content: { patch: expect.stringContaining('+2') } }, exit: 76 });
    const { code, stdout } = await here.run(['runs', 'replay', run]);
    expect([code, stdout]).toEqual([76, expect.stringMatching(/TOKA_REPLAY_DIVERGED[^]*-TWO\n/)]);
    expect(here.read('out/copy.txt')).toBe('ONE\nTWO\n');
  });

  test('that is really done once more shows what it says meanwhile, and one that is told again says nothing', async () => {
    using here = place({ 'notes.txt': 'one\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    expect((await here.run(['runs', 'replay', run])).stderr).toBe('');
    expect((await here.run(['runs', 'replay', run, '--reexecute', ...GRANTS, '--allow', 'proc:exec:node'])).stderr).toBe('info copying\n');
  });

  test('that asks for something that is not on record has diverged', async () => {
    using here = place({ 'notes.txt': 'one\n', 'other.txt': 'x', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    here.write(copier("(await ctx.fs.readText('other.txt').catch(() => ''), text.toUpperCase())"));
    expect(await replayed(here, run)).toMatchObject({ same: false, divergence: { now: { do: 'read', args: { path: join(here.project, 'other.txt') } } }, exit: 76 });
  });

  test('whose process is gone now before it tells what it asked has ended otherwise, and not left out what it did', async () => {
    using here = place({ 'notes.txt': 'one\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    here.write(copier('process.exit(3)'));
    const report = await replayed(here, run, '--strict');
    expect([report.exit, report.divergence, report.differences.map(({ field }) => field)]).toEqual([76, undefined, expect.arrayContaining(['status', 'exitCode'])]);
  });

  test('that says by itself what it asked, past its host, cannot change the screen by that', async () => {
    using here = place({ 'notes.txt': 'one\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    const said = JSON.stringify(`${JSON.stringify({ type: 'calls', calls: [{ do: '\u001b[2J\u001b]0;title\u0007', args: {}, answer: {} }], isFull: false })}\n`);
    here.write(copier(`(process.getBuiltinModule('node:fs').writeSync(4, ${said}), process.exit(0))`));
    const { code, stdout } = await here.run(['runs', 'replay', run]);
    expect([code, stdout]).toEqual([76, expect.stringContaining('+ now:')]);
    expect(stdout).not.toMatch(/[\u001b\u0007]/);
  });

  test('whose code is otherwise and does the same is the same, unless it is to be strict', async () => {
    using here = place({ 'notes.txt': 'one\n', ...copier() });
    const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
    here.write(copier("text.split('').map((letter) => letter.toUpperCase()).join('')"));
    expect(await replayed(here, run)).toMatchObject({ same: true, exit: 0 });
    const strict = await replayed(here, run, '--strict');
    expect([strict.exit, strict.differences.map(({ field }) => field)]).toEqual([76, ['toolDigest']]);
  });

  test('with processes that it starts is told again without them', async () => {
    using here = place({ 'package.json': JSON.stringify({ name: 'website', version: '1.0.0', scripts: { build: 'echo built' } }) });
    const run = await recorded(here, ['build-validator', '.', '--allow', 'fs:read:**', '--allow', 'fs:write:**', '--allow', 'proc:exec:*', '--allow', 'env:read:*']);
    const { tree } = await here.json<{ tree: { run: { id: string; tool: string } }[] }>(['runs', 'show', run]);
    expect(tree.map(({ run: child }) => child.tool)).toEqual(['command/npm']);
    rmSync(join(here.project, 'package.json'));
    const before = await here.json(['runs', 'list']);
    expect(await replayed(here, run)).toMatchObject({ same: true, exit: 0 });
    expect(await replayed(here, tree[0]?.run.id ?? '')).toMatchObject({ same: true, exit: 0 });
    expect(await here.json(['runs', 'list'])).toEqual(before);
  });
});

describe('a run of a process', () => {
  test('is answered with how it ended, and checked against the tool as it is now', async () => {
    using here = place(tool('greet', 'echo "$@"; cat; exit 3', { executable: { stdin: 'inherit' }, parameters: [{ name: 'name', type: 'string', required: true, description: 'Who', pass: { flag: '--name' } }] }));
    const run = await recorded(here, ['greet', '--name', 'Ada'], 'from stdin\n');
    expect(await replayed(here, run, '--strict')).toMatchObject({ same: true, exit: 0 });
    here.write(tool('greet', 'exit 0', { executable: { stdin: 'inherit', args: ['--fast'] }, parameters: [{ name: 'name', type: 'string', required: true, description: 'Who', pass: { flag: '--name' } }] }));
    const other = await replayed(here, run);
    expect([other.exit, other.differences[0]?.field]).toEqual([76, 'words.0']);
  });

  test('is done once more with what it read on standard input, and compared', async () => {
    using here = place({ 'notes.txt': 'one\n', ...tool('count', 'cat; cat notes.txt', { executable: { stdin: 'inherit', workingDirectory: 'project' }, capabilities: { required: ['fs:read:notes.txt'] } }) });
    const run = await recorded(here, ['count', '--allow', 'fs:read:notes.txt'], 'from stdin\n');
    const shown = await here.json<{ events: { event: { type: string; files?: unknown } }[] }>(['runs', 'show', run]);
    const files = { inline: [{ path: join(here.project, 'notes.txt'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: 4 }] };
    expect(shown.events.find(({ event }) => event.type === 'run.recorded')?.event.files).toEqual(files);
    const same = await replayed(here, run, '--reexecute', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:bash');
    expect(same).toMatchObject({ same: true, changedFiles: [], exit: 0 });
    const { events } = await here.json<{ events: { event: { replays?: string } }[] }>(['runs', 'show', same.reexecuted ?? '']);
    expect(events[0]?.event.replays).toBe(run);
    here.write({ 'notes.txt': 'two\n' });
    const other = await replayed(here, run, '--reexecute', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:bash');
    expect(other).toMatchObject({ same: false, differences: [{ field: 'stdout', patch: expect.stringContaining('+two') }], changedFiles: [{ path: join(here.project, 'notes.txt') }], exit: 76 });
  });

  test('is not done once more without the grants of today, nor with more than it had', async () => {
    using here = place({ 'notes.txt': 'one\n', ...tool('show', 'cat notes.txt', { executable: { workingDirectory: 'project' }, capabilities: { required: ['fs:read:notes.txt'] } }) });
    const run = await recorded(here, ['show', '--allow', 'fs:read:notes.txt']);
    expect(await here.json(['runs', 'replay', run, '--reexecute'])).toMatchObject({ error: { code: 'TOKA_CAPABILITY_DENIED' }, exit: 77 });
    here.write(tool('show', 'cat notes.txt', { executable: { workingDirectory: 'project' }, capabilities: { required: ['fs:read:notes.txt', 'fs:read:other.txt'] } }));
    expect(await here.json(['runs', 'replay', run, '--reexecute', '--allow', 'fs:read:**', '--allow', 'proc:exec:bash'])).toMatchObject({ error: { code: 'TOKA_CAPABILITY_DENIED' }, exit: 77 });
  });
});

test('a run is told again on another machine, in another folder', async () => {
  using here = place({ 'notes.txt': 'one\n', ...copier() });
  using there = place(copier());
  const run = await recorded(here, [...GRANTS, 'copier', '--from', 'notes.txt', '--to', 'out/copy.txt']);
  const file = join(here.base, 'run.jsonl');
  await here.run(['runs', 'export', run, '--out', file]);
  expect(await there.json(['runs', 'import', file])).toMatchObject({ imported: [run], exit: 0 });
  expect(await replayed(there, run, '--strict')).toMatchObject({ same: true, differences: [], exit: 0 });
});

test('a process is done once more on another machine, in its own folder there', async () => {
  const show = tool('show', 'pwd; cat "$1"', { parameters: [{ name: 'file', type: 'path', required: true, description: 'What', pass: { positional: 1 }, position: 1 }], executable: { workingDirectory: 'project' }, capabilities: { required: ['fs:read:{file}'] } });
  using here = place({ 'notes.txt': 'one\n', ...show });
  using there = place({ 'notes.txt': 'one\n', ...show });
  const run = await recorded(here, ['show', 'notes.txt', '--allow', 'fs:read:notes.txt']);
  const file = join(here.base, 'run.jsonl');
  await here.run(['runs', 'export', run, '--out', file]);
  await there.run(['runs', 'import', file]);
  expect(await replayed(there, run)).toMatchObject({ same: true, exit: 0 });
  expect(await replayed(there, run, '--reexecute', '--allow', 'fs:read:notes.txt', '--allow', 'proc:exec:bash')).toMatchObject({ same: true, differences: [], exit: 0 });
});

describe('what is not on record', () => {
  test('is said of a run that was not recorded so, and nothing of it is kept', async () => {
    using here = place({ 'notes.txt': 'one\n' });
    const { runId } = await here.json(['run', 'file-reader', 'notes.txt']);
    expect(await here.json(['runs', 'replay', runId])).toMatchObject({ error: { code: 'TOKA_RUN_NOT_RECORDED' }, exit: 69 });
    const { events } = await here.json<{ events: unknown[] }>(['runs', 'show', runId]);
    expect(JSON.stringify(events)).not.toContain('run.recorded');
  });

  test('is what a tool asked whose process ended before it could tell: that is said at once', async () => {
    using here = place(tool('leaver', "export default { run: async () => process.exit(3) };", { type: 'native' }));
    const { stderr } = await here.run(['run', '--record', 'leaver', '--allow', 'proc:exec:node']);
    expect(stderr).toMatch(/warn.*cannot be replayed/);
    const { runs } = await here.json<{ runs: { id: string }[] }>(['runs', 'list']);
    expect(await here.json(['runs', 'replay', runs[0]?.id ?? ''])).toMatchObject({ error: { code: 'TOKA_RUN_NOT_RECORDED' }, exit: 69 });
  });

  test('is what no record could be read back of: that is said at once, and never taken for damage', async () => {
    const loose = "export default { run: async (params, ctx) => { ctx.log('info', 5); await ctx.fs.read('notes.txt', { start: NaN }).catch(() => ''); return { ok: true }; } };";
    using here = place({ 'notes.txt': 'one\n', ...tool('loose', loose, { type: 'native', capabilities: { required: ['fs:read:notes.txt'] } }) });
    const { stdout, stderr } = await here.run(['run', '--record', 'loose', '--allow', 'proc:exec:node', '--allow', 'fs:read:notes.txt', '--json']);
    expect(stderr).toMatch(/warn.*cannot be replayed/);
    expect(await here.json(['runs', 'replay', (JSON.parse(stdout) as { runId: string }).runId])).toMatchObject({ error: { code: 'TOKA_RUN_NOT_RECORDED' }, exit: 69 });
    here.write(tool('loose', loose.replace(/await.*'\);/, ''), { type: 'native', capabilities: { required: ['fs:read:notes.txt'] } }));
    const run = await recorded(here, ['loose', '--allow', 'fs:read:notes.txt']);
    expect(await replayed(here, run, '--strict')).toMatchObject({ same: true, exit: 0 });
  });

  test('is what bears secrets: such a run is not told again', async () => {
    using here = place({ '.env': 'API_KEY=a-very-secret-value\n' });
    const run = await recorded(here, ['file-reader', '.env', '--allow', 'fs:read:.env']);
    expect(await here.json(['runs', 'replay', run])).toMatchObject({ error: { code: 'TOKA_RUN_NOT_RECORDED' }, exit: 69 });
  });

  describe('is a variable that holds a secret by its name', () => {
    const secret = { API_TOKEN: 'correct-horse-battery' };
    const reader = tool('reader', "export default { run: async (params, ctx) => ({ length: ctx.env('API_TOKEN').length, colour: ctx.env('COLOUR') }) };", {
      type: 'native',
      capabilities: { required: ['env:read:API_TOKEN', 'env:read:COLOUR'] },
    });

    async function read(here: Place): Promise<string> {
      const { runId } = await here.json(['run', '--record', 'reader', '--allow', 'env:read:*', '--allow', 'proc:exec:node'], { env: { ...secret, COLOUR: 'green' } });
      return runId;
    }

    test('which is given once more', async () => {
      using here = place({ ...reader, 'params.json': JSON.stringify(secret) });
      const run = await read(here);
      expect(readFileSync(join(here.project, '.toka/state/journal.db')).includes('correct-horse')).toBe(false);
      expect(await here.json(['runs', 'replay', run], { env: secret })).toMatchObject({ error: { code: 'TOKA_INPUT_NEEDED', data: { missing: ['API_TOKEN'] } }, exit: 79 });
      expect(await replayed(here, run, '--params', 'params.json')).toMatchObject({ same: true, exit: 0 });
    });

    test.skipIf(!hasTmux)('which a person is asked for on a terminal, unseen (needs tmux)', async () => {
      using here = place(reader);
      const run = await read(here);
      using pane = openPane(here);
      pane.toka(`runs replay ${run}`);
      await pane.shows('the variable API_TOKEN');
      pane.type('correct-horse-battery');
      pane.press('Enter');
      expect(await pane.exit()).toBe(0);
      expect(pane.screen()).not.toContain('correct-horse');
    });
  });

  test('is a secret parameter in what the tool asks, which is found again by what stands for it', async () => {
    const SECRET = 'correct-horse-battery';
    using here = place(
      tool('login', "export default { run: async ({ token }, ctx) => ({ known: (await ctx.fs.stat(`users/${token}`)) !== undefined }) };", {
        type: 'native',
        parameters: [{ name: 'token', type: 'secret', required: true, description: 'The token' }],
        capabilities: { required: ['fs:read:users/**'] },
      }),
    );
    here.write({ 'params.json': JSON.stringify({ token: SECRET }) });
    const run = await recorded(here, ['login', '--params', 'params.json', '--allow', 'fs:read:users/**']);
    expect(await replayed(here, run, '--strict', '--params', 'params.json')).toMatchObject({ same: true, exit: 0 });
  });

  test('is a secret parameter, which is given once more', async () => {
    const SECRET = 'correct-horse-battery';
    using here = place(
      tool('login', "export default { async run({ token }, ctx) { await ctx.fs.write('out/login.txt', `token=${token}`); return { ok: true, length: token.length, said: token }; } };", {
        type: 'native',
        effect: 'idempotent',
        parameters: [{ name: 'token', type: 'secret', required: true, description: 'The token' }],
        capabilities: { required: ['fs:write:out/**'] },
      }),
    );
    here.write({ 'params.json': JSON.stringify({ token: SECRET }) });
    const run = await recorded(here, ['login', '--params', 'params.json', '--allow', 'fs:write:out/**']);
    expect(readFileSync(join(here.project, '.toka/state/journal.db')).includes(SECRET)).toBe(false);
    expect(await here.json(['runs', 'replay', run])).toMatchObject({ error: { code: 'TOKA_INPUT_NEEDED' }, exit: 79 });
    const { stdout } = await here.run(['runs', 'replay', run, '--params', 'params.json', '--json']);
    expect([JSON.parse(stdout), stdout.includes(SECRET)]).toMatchObject([{ same: true }, false]);
    writeFileSync(join(here.project, 'params.json'), JSON.stringify({ token: 'something-else-again' }));
    expect(await replayed(here, run, '--params', 'params.json')).toMatchObject({ same: false, exit: 76 });
  });
});
