import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Place, place, processesWith, tool } from '../support/cli.ts';

const secret = (): string => `planted-${randomBytes(12).toString('hex')}`;

const PARAMETERS = [
  { name: 'byFile', description: 'x', type: 'secret', pass: { file: '--by-file' } },
  { name: 'byEnv', description: 'x', type: 'secret', pass: { env: 'BY_ENV' } },
  { name: 'byStdin', description: 'x', type: 'secret', pass: { stdin: true } },
];
const ALLOW = ['--allow', 'proc:exec:bash'];

function deploy(script: string): Place {
  return place(tool('deploy', script, { executable: { stdin: 'json' }, parameters: PARAMETERS }));
}

/** Everything that toka left on the machine in its own folders, and in memory. */
function written({ base, env }: Place): string {
  const read = (path: string): string => {
    try {
      if (statSync(path).isDirectory()) return readdirSync(path).map((name) => read(join(path, name))).join('\n');
      return statSync(path).isFile() ? `${path}\n${readFileSync(path, 'latin1')}` : path;
    } catch {
      // Gone in the meantime.
      return '';
    }
  };
  return [base, env['XDG_CACHE_HOME'] ?? '', '/dev/shm', join(tmpdir(), `toka-${process.getuid?.()}`)].map(read).join('\n');
}

describe('a secret', () => {
  test('reaches the process by file, variable or standard input, as it is', async () => {
    using here = deploy('printf "%s|%s|" "$(cat "$2")" "$BY_ENV" | sha256sum; cat | sha256sum; stat -c "%a %U" "$2"');
    const params = { byFile: `a\n'"$(id) ü ${'x'.repeat(5000)}`, byEnv: 'b\n"', byStdin: 'c' };
    const { hash } = await import('node:crypto');
    const { exit, output } = await here.json(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify(params) });
    const digests = [`${params.byFile}|${params.byEnv}|`, JSON.stringify({ byStdin: 'c' })].map((text) => `${hash('sha256', text)}  -\n`);
    expect({ exit, output }).toEqual({ exit: 0, output: `${digests.join('')}400 tool\n` });
  });

  test('lies in a file that the process cannot change, in a folder of its own, and nothing lies there otherwise', async () => {
    using here = deploy('chmod 600 "$2"; echo x > "$2"; rm "$2"; touch /dev/toka/other; ls /dev/toka; exit 0');
    const { output } = await here.json(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify({ byFile: 'kept' }) });
    expect(output).toBe('byFile\n');
    using plain = place(tool('plain', 'ls /dev/toka || echo nothing'));
    expect((await plain.json(['run', 'plain', ...ALLOW])).output).toBe('nothing\n');
  });

  test('is in no list of processes, file, output, error or record of toka, while it runs and after', async () => {
    const secrets = { byFile: secret(), byEnv: secret(), byStdin: secret() };
    using here = deploy('echo ready >&2; sleep 2; exit 1');
    const run = here.start(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify(secrets) });
    await run.said('ready');
    const planted = Object.values(secrets);
    const during = [...planted.flatMap(processesWith), written(here)].join('\n');
    const ended = await run.ended;
    const shown = await here.run(['runs', 'show', (await here.json<{ runs: { id: string }[] }>(['runs', 'list'])).runs[0]!.id, '--json']);
    const logs = await here.run(['run', 'deploy', '--params', '-', '--dry-run', '--json', ...ALLOW], { input: JSON.stringify(secrets) });
    const all = [during, JSON.stringify(ended), JSON.stringify(shown), JSON.stringify(logs), written(here)].join('\n');
    expect(ended.code).toBe(1);
    expect(shown.stdout).toContain('[secret]');
    for (const value of planted) expect(all.split(value)).toHaveLength(1);
  });

  test.each([
    ['as it is', 'echo "key=$BY_ENV."', 'key=[secret].\n'],
    ['split over two writes', 'printf %s "${BY_ENV:0:9}"; echo between >&2; sleep 0.3; echo "${BY_ENV:9}."', '[secret].\n'],
    ['in JSON', `python3 -c 'import json, os; print(json.dumps([os.environ["BY_ENV"]]))'`, '["[secret]"]\n'],
    ['in base64, somewhere', 'printf "user:%s" "$BY_ENV" | base64 -w0', /^dXNlcj.?.?\[secret\]/],
  ])('is not recorded where the tool prints it %s, and is shown as it was printed', async (_, script, kept) => {
    const value = `${secret()}"ü`;
    using here = deploy(script);
    const allow = [...ALLOW, '--allow', 'proc:exec:*'];
    const { exit, runId, output } = await here.json(['run', 'deploy', '--params', '-', ...allow], { input: JSON.stringify({ byEnv: value }) });
    const recorded = (await here.run(['runs', 'logs', runId])).stdout;
    expect(exit).toBe(0);
    expect(output).not.toContain('[secret]');
    expect(recorded).toEqual(typeof kept === 'string' ? kept : expect.stringMatching(kept));
    const state = written(here);
    for (const form of [value, value.slice(0, -2), Buffer.from(value).toString('base64').slice(4, 20)]) expect(state).not.toContain(form);
  });

  test('is in no record of a typed result, nor in the error that says what is wrong with it', async () => {
    const schema = { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] };
    const outputs = { schema };
    const value = secret();
    for (const [script, isValid] of [['echo "{\\"token\\": \\"$BY_ENV\\"}"', true], ['echo "no json: $BY_ENV"', false]] as const) {
      using here = place(tool('deploy', script, { executable: { stdin: 'json' }, parameters: PARAMETERS, outputs }));
      const result = await here.json(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify({ byEnv: value }) });
      expect(result.exit === 0).toBe(isValid);
      expect(JSON.stringify(result.error ?? {})).not.toContain(value);
      const shown = await here.run(['runs', 'show', result.runId, '--json']);
      expect(shown.stdout).toContain('[secret]');
      expect(written(here)).not.toContain(value);
    }
  });

  test('of fewer than 4 characters is recorded where the tool prints it', async () => {
    using here = deploy('echo "$BY_ENV"');
    const { runId } = await here.json(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify({ byEnv: 'abc' }) });
    expect((await here.run(['runs', 'logs', runId])).stdout).toBe('abc\n');
  });

  test('is not told by the digest of the plan', async () => {
    using here = deploy('true');
    const digest = async (byEnv: string): Promise<unknown> => {
      const { runId } = await here.json(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify({ byEnv, byFile: byEnv }) });
      return /"planDigest":"(\w+)"/.exec((await here.run(['runs', 'show', runId, '--json'])).stdout)?.[1];
    };
    expect(await digest('one')).toBe(await digest('two'));
    expect(await digest('one')).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['of the wrong type', (value: string) => [value]],
    ['with a zero byte', (value: string) => `${value}\0`],
    ['too long for a variable', (value: string) => value.padEnd(200_000, 'x')],
  ])('%s is refused without being shown', async (_, make) => {
    const value = secret();
    using here = deploy('true');
    const ended = await here.run(['run', 'deploy', '--params', '-', ...ALLOW], { input: JSON.stringify({ byEnv: make(value) }) });
    expect(ended.code).toBe(2);
    expect(`${JSON.stringify(ended)}${written(here)}`).not.toContain(value);
  });
});

describe('a manifest', () => {
  test('cannot pass a secret as an argument', async () => {
    using here = place(tool('deploy', 'true', { parameters: [{ name: 'token', description: 'x', type: 'secret', pass: { flag: '--token' } }] }));
    expect((await here.run(['tools', 'validate', 'manifests/deploy.yaml'])).code).toBe(65);
  });

  test('can pass any parameter by file', async () => {
    const parameters = [{ name: 'list', description: 'x', type: 'array', items: { type: 'string' }, pass: { file: '--list', style: 'equals' } }];
    using here = place(tool('show', 'cat "${1#--list=}"', { parameters }));
    expect(await here.json(['run', 'show', '--list', 'a', '--list', 'b', ...ALLOW])).toMatchObject({ exit: 0, output: '["a","b"]' });
  });
});
