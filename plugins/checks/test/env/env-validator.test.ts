import { chmod, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolContext, type TestToolContext } from '../../../../test/support/tool-context.ts';
import tool from '../../src/env-validator.ts';
import { secret } from './planted.ts';

type Params = Parameters<typeof tool.run>[0];

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'toka-env-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function lay(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text, { mode: 0o600 });
    await chmod(join(root, name), 0o600);
  }
}

async function check(params: Partial<Params> = {}, ctx: TestToolContext = toolContext({ root })) {
  return tool.run({ path: join(root, '.env'), failOn: 'error', ...params }, ctx);
}

async function found(params: Partial<Params> = {}): Promise<string[]> {
  const { findings } = await check(params);
  return findings.map(({ path, line, kind, severity, key }) => `${path}:${line ?? '-'} ${severity} ${kind} ${key ?? ''}`.trim());
}

const IGNORED = { '.gitignore': '.env\n.env.*\n!.env.example\n' };

describe('an env file and its example', () => {
  it('agree: the check is ok and has nothing to say', async () => {
    await lay({ ...IGNORED, '.env': 'PORT=3000\nNAME="my app"\n', '.env.example': 'PORT=8080\nNAME=\n' });
    expect(await check()).toMatchObject({ ok: true, example: '.env.example', findings: [], counts: { error: 0, warning: 0, info: 0 } });
  });

  it('differ: what is missing, unknown, empty or still a placeholder is reported with its line', async () => {
    await lay({
      ...IGNORED,
      '.env': '# mine\nPORT=\nAPI_KEY=your_api_key_here\nEXTRA=1\n',
      '.env.example': 'PORT=8080\nAPI_KEY=your_api_key_here\nDATABASE_URL=\n',
    });
    expect(await check()).toMatchObject({ ok: false, code: 'ENV_INVALID' });
    expect(await found()).toEqual([
      '.env:- error missing DATABASE_URL',
      '.env:2 warning empty PORT',
      '.env:3 error placeholder API_KEY',
      '.env:4 warning extra EXTRA',
    ]);
  });

  it.each(['.env.sample', '.env.template'])('are compared where the example is called %s', async (name) => {
    await lay({ ...IGNORED, '.env': 'A=1\n', [name]: 'A=\nB=\n' });
    expect(await found()).toEqual(['.env:- error missing B']);
  });

  it('are compared where the example lies elsewhere', async () => {
    await lay({ ...IGNORED, '.env': 'A=1\n', 'config/env.dist': 'A=\nB=\n' });
    expect(await found({ example: join(root, 'config/env.dist') })).toEqual(['.env:- error missing B']);
  });

  it('are not compared where there is none, and the result says so', async () => {
    await lay({ ...IGNORED, '.env': 'A=1\n' });
    expect(await found()).toEqual(['.env:- info no-example']);
  });

  it('count a variable as present if a further file sets it', async () => {
    await lay({ ...IGNORED, '.env': 'A=1\n', '.env.local': 'B=2\n', '.env.example': 'A=\nB=\n' });
    expect(await found({ also: [join(root, '.env.local')] })).toEqual([]);
  });

  it('follow the comments of the example: required, optional, types', async () => {
    const example = [
      '# @required @type=port',
      'PORT=3000',
      '# @optional',
      'SENTRY_DSN=',
      'LEVEL=info # @type=enum(debug, info, warn)',
      '# the base address',
      '# @type=url',
      'BASE_URL=http://localhost',
      '# @type=number(min=1, max=10, isInt=true)',
      'WORKERS=2',
      '# @required',
      'TOKEN=',
      '# @type=boolean',
      'DEBUG=no',
    ].join('\n');
    await lay({
      ...IGNORED,
      '.env': 'PORT=70000\nLEVEL=loud\nBASE_URL=localhost\nWORKERS=2.5\nTOKEN=\nDEBUG=maybe\n',
      '.env.example': example,
    });
    expect(await found()).toEqual([
      '.env:1 error type PORT',
      '.env:2 error type LEVEL',
      '.env:3 error type BASE_URL',
      '.env:4 error type WORKERS',
      '.env:5 error empty TOKEN',
      '.env:6 error type DEBUG',
    ]);
  });

  it('accept what fits its type', async () => {
    await lay({
      ...IGNORED,
      '.env': 'PORT=443\nLEVEL=warn\nBASE_URL=postgres://u@h/db\nWORKERS=10\nDEBUG=off\nMAIL=a@b.org\nLATER=${PORT}\n',
      '.env.example': [
        '# @type=port',
        'PORT=',
        '# @type=enum(debug, warn)',
        'LEVEL=',
        '# @type=url',
        'BASE_URL=',
        '# @type=integer(max=10)',
        'WORKERS=',
        '# @type=boolean',
        'DEBUG=',
        '# @type=email',
        'MAIL=',
        '# @type=port',
        'LATER=',
      ].join('\n'),
    });
    expect(await found()).toEqual(['.env:7 info interpolation LATER']);
  });
});

describe('an env file and a JSON Schema', () => {
  const schema = JSON.stringify({
    type: 'object',
    properties: {
      PORT: { type: 'integer', minimum: 1024 },
      ORIGINS: { type: 'array', items: { type: 'string' } },
      REGION: { enum: ['eu', 'us'] },
      ID: { type: 'string', pattern: '^[a-z]+-\\d+$' },
    },
    required: ['PORT', 'REGION'],
    additionalProperties: false,
  });

  it('reports what is missing, unknown and of the wrong type', async () => {
    await lay({ ...IGNORED, '.env': 'PORT=80\nORIGINS=["a"]\nID=x\nMORE=1\n', 'env.schema.json': schema });
    expect(await found({ schema: join(root, 'env.schema.json') })).toEqual([
      '.env:- error missing REGION',
      '.env:1 error type PORT',
      '.env:3 error type ID',
      '.env:4 error extra MORE',
    ]);
  });

  it('refuses a schema that is none, without quoting it', async () => {
    await lay({ ...IGNORED, '.env': 'A=1', 'wrong.json': 'PASSWORD=tr0ub4dor-and-3' });
    const error: unknown = await check({ schema: join(root, 'wrong.json') }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENV_SCHEMA_INVALID' });
    expect(String(error)).not.toContain('tr0ub');
  });
});

describe('secrets', () => {
  const token = ['ghp', '16C7e42F292c6912E7710c838347Ae178B4a'].join('_');

  it('in the example are errors, in its comments as well; generated values are warnings', async () => {
    await lay({
      '.env.example': `# old: ${token}\nTOKEN=${token}\nSESSION=q8Zr2LmX0vTn5KyWc7BdJ4Hs\nKEY=changeme\n`,
    });
    const result = await check({ path: join(root, '.env.example') });
    expect(result.findings.map(({ line, kind, severity }) => [line, kind, severity])).toEqual([
      [1, 'secret', 'error'],
      [2, 'secret', 'error'],
      [3, 'possible-secret', 'warning'],
    ]);
    expect(result).toMatchObject({ ok: false, files: [{ role: 'example', variables: 3 }] });
  });

  it('make a file that git does not ignore an error, where another one is a warning', async () => {
    await lay({ '.gitignore': 'node_modules\n', '.env': `TOKEN=${token}\n`, 'app/.env': 'A=1\n' });
    expect(await found()).toContain('.env:- error not-ignored');
    expect(await found({ path: join(root, 'app/.env') })).toContain('app/.env:- warning not-ignored');
  });

  it('are kept by rules of upper and own folders alike, the nearest deciding', async () => {
    await lay({
      '.gitignore': '.env*\n',
      'a/.env': 'A=1',
      'b/.gitignore': '!.env\n',
      'b/.env': 'A=1',
      'c/.gitignore': '.env\n',
      'c/.env': 'A=1',
    });
    expect(await found({ path: join(root, 'a/.env') })).not.toContain('a/.env:- warning not-ignored');
    expect(await found({ path: join(root, 'b/.env') })).toContain('b/.env:- warning not-ignored');
    expect(await found({ path: join(root, 'c/.env') })).not.toContain('c/.env:- warning not-ignored');
  });

  it('stay ignored inside an ignored folder', async () => {
    await lay({ '.gitignore': 'secrets/\n', 'secrets/.gitignore': '!.env\n', 'secrets/.env': 'A=1' });
    expect(await found({ path: join(root, 'secrets/.env') })).toEqual(['secrets/.env:- info no-example']);
  });

  it.skipIf(process.platform === 'win32')('are open to others where the mode says so', async () => {
    await lay({ ...IGNORED, '.env': 'A=1\n' });
    await chmod(join(root, '.env'), 0o644);
    expect(await found()).toContain('.env:- warning permissions');
  });

  it('never appear in the result, the log, the progress or an error', { timeout: 60_000 }, async () => {
    const line = fc.constantFrom<(value: string) => string>(
      (value) => `API_KEY=${value}`,
      (value) => `API_KEY="${value}"`,
      (value) => `API_KEY='${value}`,
      (value) => `PORT=${value}`,
      (value) => `# ${value}`,
      (value) => value,
      (value) => `${value}=`,
      (value) => `${value} = 1`,
      (value) => `export ${value}: x`,
      (value) => `URL=https://user:${value}@example.org/`,
      (value) => `A=\${${value}}`,
      (value) => `API_KEY=x # ${value}`,
      (value) => `JSON={"${value}":1}`,
    );
    const file = fc.array(fc.tuple(line, secret), { minLength: 1, maxLength: 6 });
    const schema = JSON.stringify({
      type: 'object',
      properties: { PORT: { type: 'integer' }, JSON: { type: 'object', additionalProperties: false } },
    });
    await fc.assert(
      fc.asyncProperty(file, file, fc.boolean(), async (env, example, asSchema) => {
        const [text, sample] = [env, example].map((lines) => lines.map(([make, value]) => make(value)).join('\n'));
        await lay({ '.env': text ?? '', '.env.example': sample ?? '', 'schema.json': asSchema ? schema : (text ?? '') });
        const ctx = toolContext({ root });
        const outcome = await check({ schema: join(root, 'schema.json') }, ctx).catch((error: unknown) => {
          const { message, code, hint } = error as { message: string; code?: string; hint?: string };
          return { message, code, hint };
        });
        const told = JSON.stringify([outcome, ctx.logs, ctx.reported]);
        for (const [, value] of [...env, ...example]) {
          for (const part of value.split('\n'))
            if (part.length >= 8 && !part.includes('PRIVATE KEY')) expect(told).not.toContain(JSON.stringify(part).slice(1, -1));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('odd files', () => {
  it('an env file that is not there is an error of its own', async () => {
    await expect(check()).rejects.toMatchObject({ code: 'ENV_NOT_FOUND' });
  });

  it('a file that may not be read is denied by its capability', async () => {
    await lay({ '.env': 'A=1' });
    const ctx = toolContext({ root, allows: (_action, path) => !path.endsWith('.env') });
    await expect(check({}, ctx)).rejects.toMatchObject({ code: 'TOKA_CAPABILITY_DENIED' });
  });

  it('an example that may not be read is not looked for', async () => {
    await lay({ ...IGNORED, '.env': 'A=1', '.env.example': 'B=1' });
    const ctx = toolContext({ root, allows: (_action, path) => !path.endsWith('.example') });
    expect(await check({}, ctx)).toMatchObject({ ok: true, example: null });
  });

  it('an empty, a binary and a huge one end in findings or a coded error', async () => {
    await lay({ ...IGNORED, '.env': '' });
    expect(await check()).toMatchObject({ ok: true });
    await writeFile(join(root, '.env'), Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x3d, 0x00]));
    expect(await found()).toContain('.env:- error encoding');
    await writeFile(join(root, '.env'), 'A=1\n'.repeat(300_000));
    await expect(check()).rejects.toMatchObject({ code: 'TOKA_FS_TOO_LARGE' });
  });

  it('fails from the severity on that the caller names', async () => {
    await lay({ ...IGNORED, '.env': 'A=two words\n', '.env.example': 'A=\n' });
    expect([(await check()).ok, (await check({ failOn: 'warning' })).ok, (await check({ failOn: 'never' })).ok]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
