import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Place, place, tool } from '../support/cli.ts';

let here: Place;

const PARAMETERS = [
  { name: 'title', type: 'string', description: 'A text', position: 1, minLength: 1, pattern: '^[^!]*$' },
  { name: 'count', type: 'integer', description: 'A whole number', minimum: 0, maximum: 10 },
  { name: 'ratio', type: 'number', description: 'A number' },
  { name: 'dryRun', type: 'boolean', description: 'A switch', default: true },
  { name: 'colour', type: 'enum', enum: ['red', 'green'], description: 'One of these', default: 'red' },
  { name: 'tags', type: 'array', items: { type: 'string' }, description: 'Words', position: 2 },
  { name: 'sizes', type: 'array', items: { type: 'integer' }, description: 'Numbers' },
  { name: 'kinds', type: 'array', items: { type: 'enum', enum: ['old', 'new'] }, description: 'Several of these' },
  { name: 'extra', type: 'object', description: 'Anything' },
  { name: 'file', type: 'path', description: 'A file' },
  { name: 'timeout', type: 'string', description: 'Named like a flag of toka' },
].map((parameter) => ({ ...parameter, pass: { stdin: true } }));

beforeAll(() => {
  here = place({
    ...tool('echo-json', 'cat', { executable: { stdin: 'json' }, parameters: PARAMETERS, outputs: { schema: { type: 'object' } } }),
    ...tool('needy', 'cat', {
      executable: { stdin: 'json' },
      parameters: [
        { name: 'first', type: 'string', required: true, description: 'First', pass: { stdin: true } },
        { name: 'secondWord', type: 'string', required: true, description: 'Second', pass: { stdin: true } },
      ],
      outputs: { schema: { type: 'object' } },
    }),
    ...tool('own-stdin', 'cat', { executable: { stdin: 'inherit' } }),
    ...tool('touch', 'touch "$1"', {
      parameters: [{ name: 'file', type: 'path', required: true, position: 1, description: 'The file', pass: { positional: 1 } }],
      capabilities: { required: ['fs:write:{file}'] },
      effect: 'idempotent',
    }),
    ...tool('argv', 'printf "<%s>" "$@"', {
      parameters: [
        { name: 'flagged', type: 'string', description: 'Flag', pass: { flag: '--flagged' } },
        { name: 'joined', type: 'array', items: { type: 'string' }, description: 'Equals', pass: { flag: '-j', style: 'equals' } },
        { name: 'on', type: 'boolean', description: 'Switch', pass: { flag: '--on' } },
        { name: 'last', type: 'array', items: { type: 'string' }, description: 'Positional', position: 1, pass: { positional: 2 } },
        { name: 'first', type: 'string', default: '-', description: 'Positional', pass: { positional: 1 } },
        { name: 'home', type: 'string', description: 'Variable', pass: { env: 'OTHER' } },
      ],
    }),
  });
});
afterAll(() => here[Symbol.dispose]());

const run = async (...words: readonly string[]) => here.json(['run', '--allow', 'proc:exec', ...words]);
const echoed = async (...words: readonly string[]) => (await run('echo-json', ...words)).data;
const DEFAULTS = { dryRun: true, colour: 'red' };

describe('a flag has the type of its parameter', () => {
  test.each<[string, readonly string[], Readonly<Record<string, unknown>>]>([
    ['string', ['--title', 'two words'], { title: 'two words' }],
    ['string with =', ['--title=a=b'], { title: 'a=b' }],
    ['string that looks like a number', ['--title', '007'], { title: '007' }],
    ['string that starts with a dash', ['--title=-x'], { title: '-x' }],
    ['integer', ['--count', '7'], { count: 7 }],
    ['number', ['--ratio', '-1.5e1'], { ratio: -15 }],
    ['boolean', ['--dry-run'], { dryRun: true }],
    ['boolean, negated', ['--no-dry-run'], { dryRun: false }],
    ['boolean with a value', ['--dry-run=false'], { dryRun: false }],
    ['enum', ['--colour', 'green'], { colour: 'green' }],
    ['array, repeated', ['--tags', 'a', '--tags', 'b c'], { tags: ['a', 'b c'] }],
    ['array, as JSON', ['--tags', '["a,b"]'], { tags: ['a,b'] }],
    ['array of integers', ['--sizes', '1', '--sizes=2'], { sizes: [1, 2] }],
    ['object', ['--extra', '{"a": {"b": [1, null]}}'], { extra: { a: { b: [1, null] } } }],
    ['bare words in their places', ['text', 'a', 'b'], { title: 'text', tags: ['a', 'b'] }],
    ['bare words after --', ['--', '--count', '-x'], { title: '--count', tags: ['-x'] }],
    ['bare word whose place is taken by a flag', ['--title', 'x', 'a'], { title: 'x', tags: ['a'] }],
    ['--param', ['--param', 'title=a=b', '--param', 'count=3', '--param=tags=x'], { title: 'a=b', count: 3, tags: ['x'] }],
    ['unicode', ['--title', 'ü→😀'], { title: 'ü→😀' }],
    ['the tool’s own --timeout after NAME', ['--timeout', 'never'], { timeout: 'never' }],
  ])('%s', async (_, words, expected) => {
    expect(await echoed(...words)).toEqual({ ...DEFAULTS, ...expected });
  });

  test('a parameter may be named like a member of every object', async () => {
    const parameters = ['constructor', 'toString'].map((name, at) => ({
      name,
      type: 'string',
      description: 'd',
      position: at + 1,
      pass: { flag: `--${name}` },
    }));
    here.write(tool('member', 'printf "<%s>" "$@"', { parameters }));
    expect((await run('member')).output).toBe('<>');
    expect((await run('member', 'a', '--to-string', 'b')).output).toBe('<--constructor><a><--toString><b>');
    expect(await run('member', '--param', '__proto__=x')).toMatchObject({ exit: 2, error: { code: 'TOKA_PARAM_INVALID' } });
  });

  test('a path is absolute, from where toka was called', async () => {
    here.write({ 'docs/a.md': '' });
    const result = await here.json(['run', '--allow', 'proc:exec', 'echo-json', '--file', '../x'], { cwd: join(here.project, 'docs') });
    expect(result.data).toMatchObject({ file: join(here.project, 'x') });
  });

  test('before NAME a flag is toka’s', async () => {
    expect((await run('--timeout', 'never', 'echo-json')).error?.code).toBe('TOKA_USAGE');
    expect((await run('--timeout', '20s', 'echo-json', '--timeout', 'mine')).data).toMatchObject({ timeout: 'mine' });
  });

  test('how each reaches the program is as declared', async () => {
    const result = await run(
      'argv',
      'x y',
      '--flagged',
      '$HOME',
      '--joined',
      'a',
      '--joined',
      'b',
      '--on',
      '--first=--',
      '--home',
      'z',
      '*',
    );
    expect(result.output).toBe('<--flagged><$HOME><-j=a><-j=b><--on><--><x y><*>');
    expect((await run('argv', '--no-on')).output).toBe('<->');
  });
});

describe('what does not fit is refused before anything runs', () => {
  test.each<[string, readonly string[]]>([
    ['no integer', ['--count', 'many']],
    ['a fraction', ['--count', '1.5']],
    ['too large', ['--count', '11']],
    ['beyond what a number holds', ['--param', 'count=9007199254740993']],
    ['no number', ['--ratio', 'NaN']],
    ['no boolean', ['--dry-run=maybe']],
    ['not in the list', ['--colour', 'blue']],
    ['not of the pattern', ['--title', 'no!']],
    ['too short', ['--title=']],
    ['one entry of a list', ['--sizes', '1', '--sizes', 'x']],
    ['no JSON', ['--extra', '{a}']],
    ['JSON of another type', ['--extra', '[1]']],
    ['an unknown --param', ['--param', 'nope=1']],
  ])('%s', async (_, words) => {
    const result = await run('echo-json', ...words);
    expect([result.exit, result.error?.code]).toEqual([2, 'TOKA_PARAM_INVALID']);
  });

  test.each<[string, readonly string[], string]>([
    ['a misspelt flag', ['--colou', 'red'], '--colour'],
    ['a misspelt flag of toka', ['--quite'], '--quiet'],
  ])('%s is suggested for', async (_, words, suggestion) => {
    const result = await run('echo-json', ...words);
    expect([result.exit, result.error?.code]).toEqual([2, 'TOKA_USAGE']);
    expect(result.error?.hint).toContain(suggestion);
  });

  test.each<[string, readonly string[]]>([
    ['a flag without its value', ['--title']],
    ['toka’s flag without its value', ['--allow']],
    ['a value for a switch of toka', ['--quiet=yes']],
    ['--param without =', ['--param', 'title']],
  ])('%s', async (_, words) => {
    const { code } = await here.run(['run', 'echo-json', ...words]);
    expect(code).toBe(2);
  });

  test('one word too many', async () => {
    const result = await run('touch', 'a', 'b');
    expect([result.exit, result.error?.code]).toEqual([2, 'TOKA_USAGE']);
  });

  test('missing ones are named, all of them', async () => {
    const result = await run('needy');
    expect(result).toMatchObject({ exit: 2, error: { code: 'TOKA_PARAM_INVALID', data: { missing: ['first', 'secondWord'] } } });
    expect(result.error?.message).toContain('--first, --second-word');
  });
});

describe('--params', () => {
  test('a file, under the flags', async () => {
    const file = join(here.base, 'params.json');
    writeFileSync(file, '{"title": "from the file", "count": 1}');
    expect(await echoed('--params', file, '--count', '2')).toEqual({ ...DEFAULTS, title: 'from the file', count: 2 });
  });

  test.each<[string, string, string]>([
    ['no JSON', '{', 'TOKA_PARAM_INVALID'],
    ['nothing', '', 'TOKA_PARAM_INVALID'],
    ['a list', '[1]', 'TOKA_PARAM_INVALID'],
    ['null', 'null', 'TOKA_PARAM_INVALID'],
    ['an unknown parameter', '{"nope": 1}', 'TOKA_PARAM_INVALID'],
    ['a failed result', '{"schema": "toka/run-result/v1", "status": "failed", "data": {"title": "x"}}', 'TOKA_PARAM_INVALID'],
    ['a result without data', '{"schema": "toka/run-result/v1", "status": "succeeded"}', 'TOKA_PARAM_INVALID'],
    ['a plan', '{"schema": "toka/plan/v1"}', 'TOKA_PARAM_INVALID'],
  ])('from standard input: %s → 2', async (_, input, code) => {
    const result = await here.json(['run', '--allow', 'proc:exec', 'echo-json', '--params', '-'], { input });
    expect([result.exit, result.error?.code]).toEqual([2, code]);
  });

  test('a result feeds the next run', async () => {
    const first = await here.run(['run', '--allow', 'proc:exec', 'echo-json', 'text', '--json']);
    const second = await here.json(['run', '--allow', 'proc:exec', 'echo-json', '--params', '-'], { input: first.stdout });
    expect(second.data).toEqual({ ...DEFAULTS, title: 'text' });
  });

  test('a file that is not there', async () => {
    expect(await run('echo-json', '--params', 'nowhere.json')).toMatchObject({ exit: 2, error: { code: 'TOKA_PARAM_INVALID' } });
  });

  test('a tool that reads standard input itself leaves none for --params -', async () => {
    const result = await here.json(['run', '--allow', 'proc:exec', 'own-stdin', '--params', '-'], { input: '{}' });
    expect(result).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
    expect(await here.json(['run', '--allow', 'proc:exec', 'own-stdin'], { input: 'the caller’s' })).toMatchObject({
      exit: 0,
      output: 'the caller’s',
    });
  });
});

describe('--dry-run', () => {
  test('shows the command and runs nothing, records nothing, writes nothing', async () => {
    const words = ['run', '--allow', 'proc:exec', '--allow', 'fs:write:made.txt', '--dry-run', 'touch', 'made.txt'];
    const plan = await here.json<{ schema: string; plan: { argv: string[] } }>(words);
    expect(plan).toMatchObject({ exit: 0, schema: 'toka/plan/v1', tool: 'project/touch', isolation: 'sandbox' });
    expect(plan.plan.argv.slice(-2)).toEqual([join(here.project, 'manifests/touch.sh'), join(here.project, 'made.txt')]);
    const shown = await here.run(words);
    expect(shown.stdout).toContain(join(here.project, 'made.txt'));
    expect(existsSync(join(here.project, 'made.txt'))).toBe(false);
    const { runs } = await here.json<{ runs: readonly { tool: string }[] }>(['runs', 'list', '--limit', '1000']);
    expect(runs.filter((each) => each.tool === 'project/touch' && each).length).toBe(0);
    expect((await run('--allow', 'fs:write:made.txt', 'touch', 'made.txt')).exit).toBe(0);
    expect(existsSync(join(here.project, 'made.txt'))).toBe(true);
  });

  test('shows the plan with what is missing where the run would be denied, and ends as that would', async () => {
    const plan = await here.json<{ missing: string[]; plan: { argv: string[] } }>(['run', '--dry-run', 'touch', 'other.txt']);
    expect(plan).toMatchObject({ exit: 77, schema: 'toka/plan/v1' });
    expect(plan.missing).toEqual(['proc:exec:bash', `fs:write:${join(here.project, 'other.txt')}`]);
    expect(plan.plan.argv.at(-1)).toBe(join(here.project, 'other.txt'));
    expect((await here.run(['run', '--dry-run', 'touch', 'other.txt'])).stdout).toContain('NOT granted: proc:exec:bash');
  });

  test('of what nothing could grant shows no plan', async () => {
    const file = join(here.project, 'toka.yaml');
    const before = readFileSync(file, 'utf8');
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { deny: [proc:exec:bash] }\n' });
    expect(await here.json(['run', '--dry-run', 'touch', 'other.txt'])).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED' } });
    writeFileSync(file, before);
  });
});

describe('what is printed', () => {
  test('a result is one JSON value on stdout; the tool’s own output goes to stderr', async () => {
    const { stdout, stderr } = await here.run(['run', '--allow', 'proc:exec', 'argv', 'x', '--json']);
    expect([stdout.trimEnd().split('\n').length, stderr]).toEqual([1, '<-><x>']);
    const quiet = await here.run(['run', '--allow', 'proc:exec', 'argv', 'x', '--json', '--quiet']);
    expect(quiet.stderr).toBe('');
  });

  test.each<[string, readonly string[]]>([
    ['an unknown tool', ['run', 'nobody', '--json']],
    ['an unknown flag', ['run', 'echo-json', '--nope', '--json']],
    ['a usage error of the full route', ['tools', 'show', '--json']],
    ['an unknown run', ['runs', 'show', 'ffffffff', '--json']],
  ])('%s is one JSON value too, with a code and a next step', async (_, words) => {
    const { code, stdout } = await here.run(words);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'toka/error/v1',
      error: { code: expect.stringMatching(/^TOKA_/) as string, hint: expect.any(String) as string },
    });
    expect(code).toBe(2);
  });

  test('in a pipe there are no escape codes, also not those of a tool’s manifest', async () => {
    here.write(tool('loud', 'true', {}));
    here.write({
      'manifests/loud.yaml': here
        .read('manifests/loud.yaml')
        .replace('The tool loud', String.raw`The \u001b[31mred\u001b]0;title\u0007 tool`),
    });
    for (const words of [
      ['tools', 'list'],
      ['tools', 'show', 'loud'],
      ['run', 'loud', '--help'],
      ['run', 'loud'],
      ['runs', 'list'],
      ['--help'],
      ['run', '--help'],
      ['trust', '--show'],
    ]) {
      const { stdout, stderr } = await here.run(words);
      expect([words, /[\u001b\u0007]/.test(stdout + stderr)]).toEqual([words, false]);
    }
  });

  test('a native tool’s empty text is printed as it is, the result of one without a text form as JSON', async () => {
    here.write({ 'docs/empty.txt': '' });
    expect((await here.run(['run', 'file-reader', 'docs/empty.txt'])).stdout).toBe('');
    here.write(tool('wordless', 'export default { run: async () => ({ found: 0 }) };', { type: 'native' }));
    const { stdout } = await here.run(['run', 'wordless', '--allow', 'proc:exec:node']);
    expect(JSON.parse(stdout)).toEqual({ found: 0 });
  });

  test('--help of a tool shows each parameter with its flag', async () => {
    const { code, stdout } = await here.run(['run', 'echo-json', '--help']);
    expect(code).toBe(0);
    for (const flag of ['--title', '--count', '--ratio', '--dry-run', '--colour', '--tags', '--sizes', '--extra', '--file'])
      expect(stdout).toContain(flag);
    expect(stdout).toMatch(/--colour .*one of red, green/);
    expect(stdout).toMatch(/--kinds .*each one of old, new/);
    expect((await here.run(['run', '--help', 'echo-json'])).stdout).toBe(stdout);
  });

  test('--help after -- is a word for the tool', async () => {
    expect((await run('echo-json', '--', '--help')).data).toMatchObject({ title: '--help' });
  });
});

test.each([[], ['--engine', 'here']])('a run that nobody takes over cannot be left to itself, %#', async (...words) => {
  expect(await here.json(['run', '--detach', ...words, 'echo-json'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
});
