import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAUNCHER, place, tool } from '../support/cli.ts';

const SHELL = ['--allow', 'proc:exec:bash'];
const NODE = ['--allow', 'proc:exec:node'];

describe('a symlink in the project', () => {
  test('does not lead the grant of a trusted configuration out', async () => {
    using machine = place({
      'toka.yaml': 'apiVersion: toka/v1\npolicy:\n  allow:\n    - fs:read:docs/**\n    - fs:write:docs/**\n',
      'docs/a.md': 'text',
    });
    expect((await machine.run(['trust'], { input: 'y\n' })).code).toBe(0);
    const write = ['run', 'file-writer', 'docs/b.md', '--content', 'x'];
    expect((await machine.run(write)).code).toBe(0);
    rmSync(join(machine.project, 'docs'), { recursive: true });
    symlinkSync(machine.home, join(machine.project, 'docs'));
    const led = await machine.json(write);
    expect([led.error?.code, led.exit]).toEqual(['TOKA_CONFIG_INVALID', 78]);
    expect(readdirSync(machine.home)).not.toContain('b.md');
  });

  test('does not lead the grant of a flag out', async () => {
    using machine = place();
    symlinkSync(machine.home, join(machine.project, 'out'));
    const led = await machine.json(['run', 'file-writer', 'out/b', '--content', 'x', '--allow', 'fs:write:out/**']);
    expect([led.error?.code, led.exit]).toEqual(['TOKA_CAPABILITY_INVALID', 2]);
    expect(readdirSync(machine.home)).not.toContain('b');
  });

  test.each([40, 41])('in a row of %i over a missing folder does not lead the grant of a flag out', async (count) => {
    using machine = place(tool('leak', 'cat ll/private', { capabilities: { required: ['fs:read:l0'] } }));
    writeFileSync(join(machine.home, 'private'), 'PRIVATE');
    for (let n = 0; n < count; n++) symlinkSync(`missing/../l${n === count - 1 ? 'l' : n + 1}`, join(machine.project, `l${n}`));
    symlinkSync(machine.home, join(machine.project, 'll'));
    const led = await machine.json(['run', 'leak', ...SHELL, '--allow', 'fs:read:l0']);
    expect(led.exit).not.toBe(0);
    expect(led.output).toBe('');
  });

  test('cannot be laid under the copy of a file that a tool writes', async () => {
    using machine = place({
      ...tool('report', 'echo planted > out.txt', { effect: 'idempotent', capabilities: { required: ['fs:write:out.txt'] } }),
      'out.txt': 'old',
    });
    const private_ = join(machine.home, 'private');
    writeFileSync(private_, 'untouched');
    const started = machine.start(['run', 'report', ...SHELL, '--allow', 'fs:write:out.txt']);
    symlinkSync(private_, join(machine.project, `.out.txt.toka-${started.child.pid}`));
    expect((await started.ended).code).toBe(0);
    expect(machine.read('out.txt')).toBe('planted\n');
    expect(readFileSync(private_, 'utf8')).toBe('untouched');
  });

  test('does not show the files of toka to its own tools', async () => {
    using machine = place();
    const linked = join(machine.base, 'linked');
    symlinkSync(machine.home, linked);
    const env = { HOME: linked, XDG_STATE_HOME: join(linked, 'state'), XDG_CONFIG_HOME: join(linked, 'config') };
    mkdirSync(join(machine.home, 'state', 'toka'), { recursive: true });
    writeFileSync(join(machine.home, 'state', 'toka', 'notes.txt'), 'x');
    const read = await machine.json(['run', 'file-reader', join(machine.home, 'state/toka/notes.txt'), '--allow', `fs:read:${machine.home}/**`], { env });
    expect(read.exit).not.toBe(0);
    expect(read.output).toBe('');
  });
});

describe('a dry run', () => {
  test('has no line that a manifest or a value has made up', async () => {
    const parameters = [{ name: 'text', type: 'string', description: 'Some text', pass: { flag: '--text' } }];
    using machine = place(tool('forger', 'true', { executable: { args: ['x\nnetwork  none'] }, parameters }));
    const { stdout } = await machine.run(['run', 'forger', ...SHELL, '--text', 'y\nfiles\n  none', '--dry-run']);
    expect(stdout.split('\n').filter((line) => /^(network|files)/.test(line))).toEqual(['files', 'network  none']);
    expect(stdout).toContain(String.raw`$'x\nnetwork  none' --text $'y\nfiles\n  none'`);
  });
});

describe('the code of a tool', () => {
  test.each(['shell', 'python', 'native'] as const)('of type %s is not read from where a symlink leads to', async (type) => {
    using machine = place(tool('late', '', { type }));
    const allow = ['--allow', 'proc:exec'];
    await machine.run(['run', 'late', ...allow]);
    const [, script = ''] = Object.keys(tool('late', '', { type }));
    rmSync(join(machine.project, script));
    writeFileSync(join(machine.home, 'private'), 'PRIVATE');
    symlinkSync(join(machine.home, 'private'), join(machine.project, script));
    const ended = await machine.run(['run', 'late', ...allow]);
    expect(ended.code).toBe(65);
    expect(ended.stderr).toContain('TOKA_MANIFEST_INVALID');
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('PRIVATE');
  });
});

describe('a secret', () => {
  test('cannot be read by calling it the script of a tool', async () => {
    using machine = place({ '.env': 'KEY=hidden', ...tool('cat', '', { executable: { path: '../.env', interpreter: 'cat' } }) });
    const run = await machine.json(['run', 'cat', '--allow', 'proc:exec:cat']);
    expect([run.error?.code, run.output]).toEqual(['TOKA_MANIFEST_INVALID', '']);
  });
});

describe('what is hidden, denied or protected', () => {
  test('does not come free when the folder above it is renamed', async () => {
    using machine = place({
      'a/b/kept': 'kept',
      ...tool('mover', 'for f in .toka a home home/config; do mv $f moved && echo moved $f; done; mkdir -p a/b && echo x > a/b/new && echo wrote; true', {
        effect: 'external',
        capabilities: { required: ['fs:write:**'] },
      }),
    });
    const home = join(machine.project, 'home');
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state') };
    machine.write({ 'home/config/toka/config.yaml': 'apiVersion: toka/v1\npolicy:\n  deny:\n    - fs:write:a/b/**\n', 'home/state/toka/x': '' });
    const run = await machine.json(['run', 'mover', ...SHELL, '--allow', 'fs:write:**'], { env });
    expect([run.status, run.output]).toEqual(['succeeded', '']);
    expect(readdirSync(join(machine.project, 'a/b'))).toEqual(['kept']);
  });

  test('is also the toka that a project has among its packages', async () => {
    using machine = place(
      tool('patcher', 'echo evil >> node_modules/toka/dist/launch.cjs; mv node_modules moved; true', { effect: 'external', capabilities: { required: ['fs:write:**'] } }),
    );
    const own = join(machine.project, 'node_modules/toka');
    const house = join(LAUNCHER, '../..');
    for (const part of ['bin', 'dist', 'manifests', 'package.json']) cpSync(join(house, part), join(own, part), { recursive: true });
    for (const { name, folder } of packagesOf(house)) cpSync(folder, join(machine.project, 'node_modules', name), { recursive: true, dereference: true });
    const before = readFileSync(join(own, 'dist/launch.cjs'), 'utf8');
    const run = machine.spawn(process.execPath, [join(own, 'bin/run.js'), 'run', 'patcher', ...SHELL, '--allow', 'fs:write:**']);
    expect(run.stderr).toContain('Read-only file system');
    expect(readFileSync(join(own, 'dist/launch.cjs'), 'utf8')).toBe(before);
  });
});

function packagesOf(house: string): { name: string; folder: string }[] {
  const { toka } = JSON.parse(readFileSync(join(house, 'package.json'), 'utf8')) as { toka: { plugins: string[] } };
  return toka.plugins.map((name) => ({ name, folder: realpathSync(join(house, 'node_modules', name)) }));
}

describe('a denial', () => {
  const writer = tool('writer', 'mkdir -p .github && echo x > .github/new', { effect: 'external', capabilities: { required: ['fs:write:**'] } });
  const reader = tool('reader', 'cat docs/a', { capabilities: { required: ['fs:read:**'] } });
  const deny = (capability: string): string => `apiVersion: toka/v1\npolicy:\n  deny:\n    - ${capability}\n`;

  test('of a folder that is not there yet refuses a sandbox that could make it', async () => {
    using machine = place({ 'toka.yaml': deny('fs:write:.github/**'), ...writer });
    const run = ['run', 'writer', ...SHELL, '--allow', 'fs:write:**'];
    const refused = await machine.json(run);
    expect([refused.error?.code, refused.exit]).toEqual(['TOKA_SCOPE_UNSUPPORTED', 69]);
    expect(readdirSync(machine.project)).not.toContain('.github');
    mkdirSync(join(machine.project, '.github'));
    expect((await machine.json(run)).error?.code).toBe('TOKA_RUN_FAILED');
    expect(readdirSync(join(machine.project, '.github'))).toEqual([]);
  });

  test.each(['fs:write', 'fs:write:docs/**'])('of %s leaves what a tool may read', async (capability) => {
    using machine = place({ 'toka.yaml': deny(capability), 'docs/a': 'text', ...reader });
    expect((await machine.json(['run', 'reader', ...SHELL, '--allow', 'fs:read:**'])).output).toBe('text');
  });

  test('to read is not undone by a grant to write', async () => {
    using machine = place({
      'toka.yaml': deny('fs:read:docs/**'),
      'docs/a': 'text',
      ...tool('both', 'cat docs/a', { effect: 'external', capabilities: { required: ['fs:write:**'] } }),
    });
    const run = await machine.json(['run', 'both', ...SHELL, '--allow', 'fs:write:**']);
    expect([run.status, run.output]).toEqual(['failed', '']);
  });
});

describe('a tool that may write all of a project', () => {
  const forger = (effect: string): Record<string, string> =>
    tool('forger', 'for d in .toka/state home/config/toka home/state/toka; do mkdir -p $d && echo forged > $d/journal.db && echo forged > $d/trust.json; done', {
      effect,
      capabilities: { required: ['fs:write:**'] },
    });

  test.each(['read', 'external'])('cannot make what toka believes where it is not there yet, whatever effect it declares: %s', async (effect) => {
    using machine = place(forger(effect));
    const home = join(machine.project, 'home');
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state') };
    const run = await machine.json(['run', 'forger', ...SHELL, '--allow', 'fs:write:**'], { env });
    expect(run.error?.code).toBe('TOKA_RUN_FAILED');
    for (const folder of ['home/config/toka', 'home/state/toka']) expect(readdirSync(join(machine.project, folder))).not.toContain('trust.json');
    const { stdout } = await machine.run(['runs', 'list', '--json'], { env });
    expect((JSON.parse(stdout) as { runs: unknown[] }).runs).toHaveLength(1);
  });
});

describe('a native tool of a project', () => {
  const saying = (lines: readonly unknown[]): string =>
    `import { writeSync } from 'node:fs';\nwriteSync(1, ${JSON.stringify(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))});\nprocess.exit(0);\n`;

  test.each([
    ['no output', [{ type: 'done', data: 1 }]],
    ['an output that is no text', [{ type: 'done', output: 7, data: 1 }]],
    ['no failure', [{ type: 'failed' }]],
    ['a failure that is no text', [{ type: 'failed', failure: { code: {}, message: { a: 1 } } }]],
    ['a log that is no text', [{ type: 'log', level: 'info', message: 5 }]],
    ['progress that is none', [{ type: 'progress' }, null]],
  ])('that writes a result with %s has failed', async (_, lines) => {
    using machine = place(tool('liar', saying(lines), { type: 'native' }));
    const run = await machine.json(['run', 'liar', ...NODE]);
    expect([run.error?.code, run.exit]).toEqual(['TOKA_RUN_FAILED', 1]);
  });

  test('does not see the secrets that lie beside its code', async () => {
    using machine = place({ 'lib/.env': 'KEY=hidden', '.git/config': 'hidden' });
    const source = `import { readFileSync } from 'node:fs';\nconst read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return ''; } };
export default { run: async () => [read('${machine.project}/lib/.env'), read('${machine.project}/.git/config')] };\n`;
    machine.write({
      ...tool('beside', '', { type: 'native', executable: { entry: '../lib/tool.mjs' } }),
      ...tool('within', '', { type: 'native', executable: { entry: '../.git/tool.mjs' } }),
      'lib/tool.mjs': source,
      '.git/tool.mjs': source,
    });
    expect((await machine.json(['run', 'beside', ...NODE])).data).toEqual(['', '']);
    expect((await machine.json(['run', 'within', ...NODE])).data).toEqual(['', '']);
  });
});

describe('the schema of a result', () => {
  const printing = (text: string, schema: unknown): Record<string, string> => tool('printer', `python3 -c '${text}'`, { outputs: { schema } });

  test.each([
    ['a pattern that never ends', `print("\\"" + "a" * 40 + "!\\"")`, { pattern: '^(a+)+$' }],
    ['a depth that no stack holds', 'print("[" * 200000 + "]" * 200000)', { $ref: '#/$defs/list', $defs: { list: { items: { $ref: '#/$defs/list' } } } }],
  ])('with %s', async (_, text, schema) => {
    using machine = place(printing(text, schema));
    const run = await machine.json(['run', 'printer', ...SHELL]);
    expect([run.error?.code, run.exit]).toEqual(['TOKA_OUTPUT_INVALID', 1]);
  });

  test('may speak of code', async () => {
    using machine = place(printing('print("\\"require(\\"")', { enum: ['require(', 'require("ajv/dist/runtime/equal").default', '*/process.exit(9)//'] }));
    expect((await machine.json(['run', 'printer', ...SHELL])).data).toBe('require(');
  });
});

describe('what a manifest says', () => {
  test('cannot move the cursor, hide or turn what is shown of it', async () => {
    using machine = place(
      tool('odd', 'true', {
        executable: { args: ['\u009b2J\u202e', '\u2066'] },
        parameters: [{ name: 'text', type: 'string', description: 'A text', pass: { flag: '--text' } }],
        examples: [{ description: 'One', params: { text: '\u009b8m\u202e' } }],
      }),
    );
    for (const args of [['tools', 'show', 'odd'], ['run', 'odd', '--help'], ['run', 'odd', '--dry-run', ...SHELL]]) {
      const { stdout } = await machine.run(args, { env: { FORCE_COLOR: '1', TERM: 'xterm' } });
      expect(stdout).toContain('odd');
      expect(stdout).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
    }
  });

  test('a capability in whose name something cannot be seen is refused, and shown', async () => {
    using machine = place(tool('odd', 'true', { capabilities: { optional: ['fs:read:\u202edocs'] } }));
    const { code, stderr } = await machine.run(['tools', 'validate', 'manifests']);
    expect([code, /[\u202a-\u202e]/.test(stderr), stderr.includes(String.raw`\u202e`)]).toEqual([65, false, true]);
  });
});

describe('the process that toka is', () => {
  test.runIf(process.platform === 'linux')('does not start the bwrap that a clone brings along in PATH', async () => {
    const forged = '#!/bin/sh\necho forged >> "$0.ran"\nexec /usr/bin/bwrap "$@"\n';
    using machine = place({ 'node_modules/.bin/bwrap': forged, 'bin/bwrap': forged, ...tool('speaker', 'echo spoken') });
    const folders = ['node_modules/.bin', 'bin'];
    const path = [...folders.map((folder) => join(machine.project, folder)), machine.env['PATH']].join(':');
    const env = { PATH: path, XDG_CACHE_HOME: join(machine.base, 'cache') };
    expect((await machine.json(['run', 'speaker', ...SHELL], { env })).output).toBe('spoken\n');
    for (const folder of folders) expect(readdirSync(join(machine.project, folder))).toEqual(['bwrap']);
  });

  test('started with any mask keeps what it runs to its user', async () => {
    using machine = place();
    const cache = join(machine.base, 'cache');
    const mask = process.umask(0);
    try {
      await machine.run(['tools', 'list'], { env: { XDG_CACHE_HOME: cache } });
    } finally {
      process.umask(mask);
    }
    for (const folder of ['toka', 'toka/compile']) expect(statSync(join(cache, folder)).mode & 0o077).toBe(0);
  });

  test.runIf(process.platform === 'linux')('says when its output cannot be written, and records the run', async () => {
    using machine = place(tool('speaker', 'echo spoken'));
    const full = (args: string): string => `exec "$0" '${LAUNCHER}' ${args} > /dev/full`;
    for (const args of ['tools list', 'tools show speaker', 'run speaker --allow proc:exec:bash', 'run speaker --allow proc:exec:bash --json', 'sandbox run -- yes']) {
      const ended = machine.spawn('sh', ['-c', full(args), process.execPath]);
      expect(ended.status).not.toBe(0);
      expect(ended.stderr.split('TOKA_FS_FAILED')).toHaveLength(2);
      expect(ended.stderr).not.toContain('at writeSync');
    }
    const { stdout } = await machine.run(['runs', 'list', '--json']);
    expect((JSON.parse(stdout) as { runs: unknown[] }).runs).toHaveLength(3);
  });

  test('in a folder that is gone says so', () => {
    using machine = place();
    const gone = join(realpathSync(machine.base), 'gone');
    mkdirSync(gone);
    const script = `rmdir '${gone}' && exec "$0" '${LAUNCHER}' tools list`;
    const ended = machine.spawn('sh', ['-c', script, process.execPath], { cwd: gone });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain('TOKA_USAGE');
  });
});
