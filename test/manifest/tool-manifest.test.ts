import { describe, expect, test } from 'vitest';
import { LEVELS } from '../../src/manifest/levels.ts';
import { parseSpec, problemsOf } from './support.ts';

const text = { name: 'text', type: 'string', description: 'Text', pass: { env: 'TEXT' } };
const path = { name: 'path', type: 'path', description: 'A file', pass: { positional: 1 } };

function refused(spec: object, metadata?: object): Promise<string[]> {
  return problemsOf(() => parseSpec(spec, metadata));
}

function parameter(change: object) {
  return { parameters: [{ ...text, ...change }] };
}

describe('metadata', () => {
  test.each([
    ['name', ['Upper', '-a', 'a-', 'a--b', 'a_b', 'a b', '', 'a'.repeat(65), 'é']],
    ['version', ['1', '1.0', 'v1.0.0', '01.0.0', '1.0.0-', '1.0.0-01', '']],
    ['description', ['', 'x'.repeat(2001), 'a\u001b[31m', 'a\u202eb', 'a\u0007']],
    ['category', ['', 'two\nlines', 'x'.repeat(65)]],
  ])('%s', async (key, values) => {
    for (const value of values) expect([value, (await refused({}, { [key]: value })).length]).toEqual([value, 1]);
  });

  test('names and versions of every allowed form', () => {
    for (const name of ['a', 'a1', '7z', 'a-b-2', 'a'.repeat(64)]) expect(parseSpec({}, { name }).name).toBe(name);
    for (const version of ['0.0.0', '1.2.3-rc.1', '1.0.0+build.5', '1.0.0-x-y.7']) expect(parseSpec({}, { version }).version).toBe(version);
  });
});

describe('parameters', () => {
  test.each(['help', 'json', 'params', 'Upper', 'snake_case', 'a.b', '1a', '', '-a', 'constructor\u0000'])('the name %j', async (name) => {
    expect(await refused(parameter({ name }))).toEqual(['bad-value spec.parameters[0].name']);
  });

  test('names of Object.prototype are ordinary names', () => {
    const { params } = parseSpec({
      parameters: [
        { ...text, name: 'constructor' },
        { ...text, name: 'toString', pass: { env: 'OTHER' } },
      ],
    });
    expect(Object.keys(params.properties)).toEqual(['constructor', 'toString']);
  });

  test.each([
    ['a default of another type', { default: 3 }, 'wrong-type spec.parameters[0].default'],
    ['a default that is too short', { default: 'a', minLength: 2 }, 'out-of-range spec.parameters[0].default'],
    ['a default that the pattern refuses', { default: 'a', pattern: '^b' }, 'bad-value spec.parameters[0].default'],
    ['a required one with a default', { default: 'a', required: true }, 'conflict spec.parameters[0].default'],
    ['a pattern that does not compile', { pattern: '(' }, 'bad-value spec.parameters[0].pattern'],
    ['a pattern that is too long', { pattern: 'a'.repeat(501) }, 'out-of-range spec.parameters[0].pattern'],
    ['bounds the wrong way round', { minLength: 3, maxLength: 2 }, 'conflict spec.parameters[0].minLength'],
    ['a limit of another type', { minimum: 3 }, 'unknown-key spec.parameters[0].minimum'],
    ['no way to pass it', { pass: undefined }, 'missing-key spec.parameters[0].pass'],
    ['two ways to pass it', { pass: { env: 'A', flag: '--a' } }, 'bad-value spec.parameters[0].pass'],
    ['a flag without a dash', { pass: { flag: 'a' } }, 'bad-value spec.parameters[0].pass.flag'],
    ['a flag with a space', { pass: { flag: '--a b' } }, 'bad-value spec.parameters[0].pass.flag'],
    ['place 0', { pass: { positional: 0 } }, 'out-of-range spec.parameters[0].pass.positional'],
    ['half a place', { position: 1.5 }, 'wrong-type spec.parameters[0].position'],
    ['stdin where none is read', { pass: { stdin: true } }, 'conflict spec.parameters[0].pass.stdin'],
    ['a secret by flag', { type: 'secret', pass: { flag: '--key' } }, 'conflict spec.parameters[0].pass'],
    ['a secret by place', { type: 'secret', pass: { positional: 1 } }, 'conflict spec.parameters[0].pass'],
    ['a secret with a default', { type: 'secret', default: 'x' }, 'unknown-key spec.parameters[0].default'],
    ['a choice of nothing', { type: 'enum', enum: [] }, 'out-of-range spec.parameters[0].enum'],
    ['a choice of the same', { type: 'enum', enum: ['a', 'a'] }, 'bad-value spec.parameters[0].enum'],
    ['a choice without its default', { type: 'enum', enum: ['a'], default: 'b' }, 'bad-value spec.parameters[0].default'],
    ['a choice of numbers', { type: 'enum', enum: [1] }, 'wrong-type spec.parameters[0].enum[0]'],
    ['a list of unknown things', { type: 'array' }, 'missing-key spec.parameters[0].items'],
    ['a list of lists', { type: 'array', items: { type: 'array' } }, 'bad-value spec.parameters[0].items.type'],
    [
      'a list with a default that is too long',
      { type: 'array', items: { type: 'string' }, maxItems: 1, default: ['a', 'b'] },
      'out-of-range spec.parameters[0].default',
    ],
    [
      'a list with a wrong entry',
      { type: 'array', items: { type: 'integer' }, default: [1, 'b'] },
      'wrong-type spec.parameters[0].default[1]',
    ],
    ['no description', { description: undefined }, 'missing-key spec.parameters[0].description'],
  ])('%s', async (_name, change, problem) => {
    expect(await refused(parameter(change))).toEqual([problem]);
  });

  test.each([
    { type: 'integer', minimum: 3, default: 3 },
    { type: 'number', maximum: 0.5, default: 0.5 },
    { type: 'string', minLength: 1, maxLength: 1, default: '😀' },
    { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1, default: ['a'] },
  ])('a default at the very limit is accepted: %j', (change) => {
    expect(parseSpec(parameter(change)).params.properties['text']?.default).toEqual(change.default);
  });

  test.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'DYLD_INSERT_LIBRARIES',
    'PATH',
    'BASH_ENV',
    'NODE_OPTIONS',
    'PYTHONPATH',
    '1A',
    'A-B',
    'A=B',
    '',
  ])('the environment variable %j', async (env) => {
    expect(await refused(parameter({ pass: { env } }))).toEqual(['bad-value spec.parameters[0].pass.env']);
  });

  test.each([
    ['names', { pass: { env: 'OTHER' } }, 'name'],
    ['names that become the same flag', { name: 'textA', pass: { env: 'OTHER' } }, 'name'],
    ['places on the command line of toka', { name: 'other', position: 1, pass: { env: 'OTHER' } }, 'position'],
    ['environment variables', { name: 'other' }, 'pass'],
  ])('two of the same %s', async (_name, change, key) => {
    const first = key === 'name' && 'name' in change ? { ...text, name: 'text-a' } : { ...text, position: 1 };
    expect(await refused({ parameters: [first, { ...text, ...change }] })).toEqual([`duplicate spec.parameters[1].${key}`]);
  });

  test('a positional that may be left out, or a list, stands last', async () => {
    const second = { ...path, name: 'second', pass: { positional: 2 } };
    const list = { ...path, type: 'array', items: { type: 'path' }, required: true };
    expect(await refused({ parameters: [path, second] })).toEqual(['conflict spec.parameters[0].pass.positional']);
    expect(await refused({ parameters: [list, second] })).toEqual(['conflict spec.parameters[0].pass.positional']);
    expect(() => parseSpec({ parameters: [{ ...path, required: true }, second] })).not.toThrow();
    expect(() =>
      parseSpec({
        parameters: [
          { ...path, default: '.' },
          { ...list, name: 'list', pass: { positional: 2 } },
        ],
      }),
    ).not.toThrow();
  });

  test('200 are accepted, 201 are not', async () => {
    const list = (length: number) => ({
      parameters: Array.from({ length }, (_, index) => ({ ...text, name: `p${index}`, pass: { env: `P${index}` } })),
    });
    expect(Object.keys(parseSpec(list(200)).params.properties)).toHaveLength(200);
    expect(await refused(list(201))).toEqual(['too-many spec.parameters']);
  });
});

describe('capabilities', () => {
  test.each([
    'fs',
    'fs:',
    ':read',
    'fs:read:',
    'FS:read',
    'fs read',
    'fs:read:a\nb',
    '',
    'fs:read:{none}',
    'fs:read:{path',
    'fs:read:{text}',
    'fs:read:{}',
  ])('%j', async (capability) => {
    expect(await refused({ parameters: [path, text], capabilities: { required: [capability] } })).toHaveLength(1);
  });

  const key = { ...text, name: 'key', type: 'secret', pass: { env: 'KEY' } };
  test.each([
    ['as it stands', { parameters: [path, key] }, []],
    ['beside a parameter that is wrong itself', { parameters: [path, { ...text, type: 'txt' }, key] }, ['bad-value spec.parameters[1].type']],
  ])('a secret is refused by name, %s', async (_, spec, others) => {
    const required = ['fs:read:{path}', 'fs:read:{key}'];
    const problems = (await refused({ ...spec, capabilities: { required, optional: ['net:connect:{key}:443'] } })).toSorted();
    expect(problems).toEqual([...others, 'conflict spec.capabilities.optional[0]', 'conflict spec.capabilities.required[1]'].toSorted());
  });

  test('templates of paths and lists of paths', () => {
    const list = { ...path, name: 'list', type: 'array', items: { type: 'path' }, pass: { env: 'LIST' } };
    const required = ['fs:read:{path}', 'fs:read:{list}', 'fs:write:{path}/**', 'agent:spawn', 'net:connect:example.org:443'];
    expect(parseSpec({ parameters: [path, list], capabilities: { required } }).capabilities).toEqual({ required, optional: [] });
  });
});

describe('limits', () => {
  test('memory, processor share and time of each level are those that are documented', () => {
    const figures = Object.entries(LEVELS).map(([level, { memory, cpu, timeoutMs }]) => [level, memory / 1024 ** 2, cpu, timeoutMs / 1000]);
    expect(figures).toEqual([
      ['restricted', 128, 25, 30],
      ['standard', 512, 50, 300],
      ['elevated', 1024, 75, 1800],
    ]);
  });

  test.each([
    ['memory', '129M'],
    ['memory', 128 * 1024 ** 2 + 1],
    ['cpu', '25.01%'],
    ['pids', 65],
    ['timeout', '30.001s'],
    ['maxOutput', '9M'],
    ['maxDisk', '101M'],
  ])('%s: %s is more than a restricted tool may ask for', async (key, value) => {
    expect(await refused({ security: { sandbox: { [key]: value } } })).toEqual([`out-of-range spec.security.sandbox.${key}`]);
  });

  test.each([
    ['memory', '0'],
    ['memory', -1],
    ['memory', '64X'],
    ['cpu', 25],
    ['cpu', '0%'],
    ['pids', '5'],
    ['timeout', 30],
    ['timeout', '0s'],
    ['timeout', 'PT30S'],
  ])('%s: %j is not understood', async (key, value) => {
    expect(await refused({ security: { level: 'elevated', sandbox: { [key]: value } } })).toHaveLength(1);
  });

  test('the figures of the level itself are accepted and read', () => {
    const asked = { memory: '128M', cpu: '25%', pids: 64, timeout: '30s', maxOutput: '8M', maxDisk: '100M' };
    expect(parseSpec({ security: { sandbox: asked } }).sandbox).toEqual(LEVELS.restricted);
  });

  test('risk follows the effect where it is not declared', () => {
    const risk = (effect: string) => parseSpec({ effect }).risk;
    expect(['none', 'read', 'idempotent', 'external', 'privileged'].map(risk)).toEqual(['low', 'low', 'medium', 'medium', 'high']);
    expect(parseSpec({ effect: 'privileged', security: { risk: 'low' } }).risk).toBe('low');
  });
});

describe('examples', () => {
  const parameters = [
    { ...text, required: true, maxLength: 3 },
    { ...text, name: 'key', type: 'secret', required: true, pass: { env: 'KEY' } },
  ];

  test.each([
    ['a value that is too long', { text: 'long' }, ['out-of-range spec.examples[0].params.text']],
    ['a required one left out', {}, ['missing-key spec.examples[0].params.text']],
    ['an unknown name', { text: 'a', txet: 'b' }, ['unknown-name spec.examples[0].params.txet']],
    ['a secret', { text: 'a', key: 'k' }, ['conflict spec.examples[0].params.key']],
  ])('%s', async (_name, params, problems) => {
    expect(await refused({ parameters, examples: [{ description: 'd', params }] })).toEqual(problems);
  });

  test('secrets are left out', () => {
    expect(parseSpec({ parameters, examples: [{ description: 'd', params: { text: 'abc' }, exitCode: 3 }] }).examples).toEqual([
      { description: 'd', params: { text: 'abc' }, exitCode: 3 },
    ]);
  });
});

describe('outputs', () => {
  test.each([
    [{ type: 'text' }],
    [{ properties: [] }],
    [{ properties: { a: 3 } }],
    [{ required: 'a' }],
    [{ pattern: '(' }],
    [{ patternProperties: { '(': {} } }],
    [{ anyOf: {} }],
    [{ items: { $ref: 'file:///etc/passwd' } }],
    [{ items: { type: 'string', 'x-type': 'secret' } }],
    [true],
  ])('%j is no schema of a result', async (schema) => {
    expect(await refused({ outputs: { schema } })).toHaveLength(1);
  });

  test('references inside the schema and any other keyword are kept', () => {
    const schema = {
      $defs: { a: { type: ['string', 'null'] } },
      properties: { b: { $ref: '#/$defs/a' } },
      additionalProperties: false,
      'x-y': 1,
    };
    expect(parseSpec({ outputs: { schema } }).output).toEqual(schema);
  });
});

describe('executable', () => {
  test.each([
    [{ type: 'native' }, 'missing-key spec.executable.entry'],
    [{ type: 'external', path: '' }, 'out-of-range spec.executable.path'],
    [{ type: 'external', path: 'a\u0000b' }, 'bad-value spec.executable.path'],
    [{ type: 'external', path: 'jq', args: ['a', 1] }, 'wrong-type spec.executable.args[1]'],
    [{ type: 'external', path: 'jq', args: '-a' }, 'wrong-type spec.executable.args'],
    [{ type: 'external', path: 'jq', workingDirectory: '/tmp' }, 'bad-value spec.executable.workingDirectory'],
    [{ type: 'external', path: 'jq', interpreter: 'sh' }, 'unknown-key spec.executable.interpreter'],
    [{ path: 'jq' }, 'missing-key spec.executable.type'],
  ])('%j', async (executable, problem) => {
    expect(await refused({ executable })).toEqual([problem]);
  });

  test('a tool that is no process declares no pass', async () => {
    expect(await refused({ executable: { type: 'mcp', path: 'server' }, ...parameter({}) })).toEqual(['conflict spec.parameters[0].pass']);
  });
});
