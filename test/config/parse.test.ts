import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { TokaError } from '../../src/errors.ts';
import type { Problem } from '../../src/manifest/issue.ts';

const empty = { policy: { allow: [], ask: [], deny: [] }, prefer: {}, sandbox: {}, limits: [], budget: {}, tools: { paths: [] } };

function problems(text: string, checkCapability?: (text: string) => string | undefined): string[] {
  try {
    parseConfig(text, 'toka.yaml', checkCapability);
  } catch (error) {
    if (!(error instanceof TokaError)) throw error;
    expect([error.code, error.exitCode]).toEqual(['TOKA_CONFIG_INVALID', 78]);
    return ((error.data ?? {})['problems'] as Problem[]).map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);
  }
  return [];
}

test.each(['', '# nothing yet\n', 'apiVersion: toka/v1\n'])('%j is an empty configuration', (text) => {
  expect(parseConfig(text, 'toka.yaml')).toEqual(empty);
});

describe('models', () => {
  const read = (text: string) => parseConfig(`apiVersion: toka/v1\nmodels:\n${text}\n`, 'toka.yaml').models;

  test('a role stands for one model or for several', () => {
    expect(read('  roles: { work: anthropic/claude-sonnet-5-5, small: [ollama/qwen3:4b, local/planner] }')?.roles).toEqual({ work: ['anthropic/claude-sonnet-5-5'], small: ['ollama/qwen3:4b', 'local/planner'] });
  });

  test('times are read in milliseconds', () => {
    expect(read('  providers: { lab: { protocol: openai-compatible, baseURL: "http://lab:8000/v1", timeouts: { first: 10s } } }')?.providers).toEqual({ lab: { protocol: 'openai-compatible', baseURL: 'http://lab:8000/v1', timeouts: { first: 10_000 } } });
  });

  test('a key in the place of its variable is refused, and not shown', () => {
    let told = '';
    try {
      read('  providers: { anthropic: { keyEnv: sk-ant-planted-0123456789 } }');
    } catch (error) {
      told = `${(error as TokaError).code} ${(error as TokaError).message} ${JSON.stringify((error as TokaError).data)}`;
    }
    expect(told).toContain('TOKA_CONFIG_INVALID');
    expect(told).not.toContain('planted');
  });

  test.each(['  roles: { work: claude }', '  providers: { a: { baseURL: "http://user:secret@host/v1" } }', '  providers: { a: { baseURL: "file:///etc" } }', '  providers: { a: { key: abc } }'])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(TokaError);
  });
});

test('what is kept of runs is read, in milliseconds, runs and bytes', () => {
  const read = (text: string) => parseConfig(`apiVersion: toka/v1\nretention: ${text}\n`, 'toka.yaml').retention;
  expect(read('{ age: 30d, count: 1000, size: 500M }')).toEqual({ age: 2_592_000_000, count: 1000, size: 524_288_000 });
  expect([read('{ age: 4w }'), read('{ age: 90s }'), read('{}')]).toEqual([{ age: 2_419_200_000 }, { age: 90_000 }, {}]);
});

test.each(['{ age: 30 }', '{ age: 0d }', '{ age: 30 days }', '{ count: 0 }', '{ count: 1.5 }', '{ size: big }', '{ runs: 7 }', '30d'])('retention: %s is refused', (text) => {
  expect(problems(`apiVersion: toka/v1\nretention: ${text}\n`)).toHaveLength(1);
});

test('who can only take away says nothing of what is kept', () => {
  expect(() => parseConfig('apiVersion: toka/v1\nretention: { count: 1 }\n', 'policy.yaml', undefined, { narrowsOnly: true })).toThrow(TokaError);
});

test('every form of a rule is read, with its line', () => {
  const text = `apiVersion: toka/v1
policy:
  allow:
    - fs:read:docs/**
    - capability: fs:write:build/**
      tools: [build-*, files/file-writer]
      reason: The build writes here
    - capabilities:
        - proc:exec:git
        - env:read:CI
  deny: ['net:connect']
prefer: { file-reader: files }
sandbox: { require: hard }
tools: { paths: [../shared/tools] }
`;
  expect(parseConfig(text, 'toka.yaml')).toEqual({
    policy: {
      allow: [
        { capabilities: ['fs:read:docs/**'], line: 4 },
        { capabilities: ['fs:write:build/**'], tools: ['build-*', 'files/file-writer'], reason: 'The build writes here', line: 5 },
        { capabilities: ['proc:exec:git', 'env:read:CI'], line: 8 },
      ],
      ask: [],
      deny: [{ capabilities: ['net:connect'], line: 11 }],
    },
    prefer: { 'file-reader': 'files' },
    sandbox: { require: 'hard' },
    limits: [],
    budget: {},
    tools: { paths: ['../shared/tools'] },
  });
});

test.each(['tools: { paths: ["~/tools"] }', 'storage: { backend: sqlite, location: ~/journals }', 'storage: { backend: sqlite, location: "~" }', 'models: { providers: { acme: { keyFile: ~/key } } }'])('%s is refused: it would name a folder called ~', (text) => {
  expect(() => parseConfig(`apiVersion: toka/v1\n${text}\n`, 'toka.yaml')).toThrow(expect.objectContaining({ code: 'TOKA_CONFIG_INVALID' }));
});

test('limits and budgets are read, in milliseconds and bytes', () => {
  const text = `apiVersion: toka/v1
limits:
  - window: { runs: 10, per: 1h }
  - bucket: { runs: 5, every: 2s }
    tools: [deploy-*]
    each: principal
    reason: The gate is slow
budget: { calls: 10, wall: 1m, cpu: 500ms, bytes: 8M }
`;
  const { limits, budget } = parseConfig(text, 'toka.yaml');
  expect(limits).toEqual([
    { rate: { kind: 'window', runs: 10, ms: 3_600_000 }, line: 3 },
    { rate: { kind: 'bucket', runs: 5, ms: 2000 }, tools: ['deploy-*'], each: 'principal', reason: 'The gate is slow', line: 4 },
  ]);
  expect(budget).toEqual({ calls: 10, wall: 60_000, cpu: 500, bytes: 8 * 1024 ** 2 });
});

test('JSON says the same as YAML', () => {
  const json = JSON.stringify({ apiVersion: 'toka/v1', policy: { deny: ['net:connect'] } }, undefined, '\t');
  expect(parseConfig(json, 'toka.config.json')).toEqual(
    parseConfig('apiVersion: toka/v1\n\n\npolicy:\n  deny: [net:connect]\n', 'toka.yaml'),
  );
});

describe('refusals', () => {
  test.each([
    ['a misspelt key', 'apiVersion: toka/v1\npolcy: {}', ['2:1 unknown-key polcy']],
    ['no version', 'policy: {}', ['1:1 missing-key apiVersion']],
    ['a later version', 'apiVersion: toka/v2', ['1:13 bad-value apiVersion']],
    ['a rule of neither form', 'apiVersion: toka/v1\npolicy: { allow: [{ tools: [a] }] }', ['2:19 bad-value policy.allow[0]']],
    [
      'a rule of both forms',
      'apiVersion: toka/v1\npolicy: { allow: [{ capability: a:b, capabilities: [c:d] }] }',
      ['2:19 bad-value policy.allow[0]'],
    ],
    [
      'a misspelt member of a rule',
      'apiVersion: toka/v1\npolicy: { deny: [{ capability: a:b, tool: x }] }',
      ['2:37 unknown-key policy.deny[0].tool'],
    ],
    ['a rule that is a number', 'apiVersion: toka/v1\npolicy: { deny: [7] }', ['2:18 wrong-type policy.deny[0]']],
    ['a template in a scope', "apiVersion: toka/v1\npolicy: { allow: ['fs:read:{path}'] }", ['2:19 bad-value policy.allow[0]']],
    ['a preference for no name', 'apiVersion: toka/v1\nprefer: { File Reader: files }', ['2:11 bad-value prefer["File Reader"]']],
    ['a demand that is not one', 'apiVersion: toka/v1\nsandbox: { require: harder }', ['2:21 bad-value sandbox.require']],
    ['a limit without a rate', 'apiVersion: toka/v1\nlimits: [{ tools: [a] }]', ['2:10 bad-value limits[0]']],
    ['a limit of no runs', 'apiVersion: toka/v1\nlimits: [{ window: { runs: 0, per: 1h } }]', ['2:28 out-of-range limits[0].window.runs']],
    ['a time without a unit', 'apiVersion: toka/v1\nlimits: [{ bucket: { runs: 1, every: 2 } }]', ['2:38 wrong-type limits[0].bucket.every']],
    ['a budget of what nothing measures', 'apiVersion: toka/v1\nbudget: { energy: 5 }', ['2:11 unknown-key budget.energy']],
    ['a budget of nothing', 'apiVersion: toka/v1\nbudget: { wall: 0s }', ['2:17 bad-value budget.wall']],
    ['a list', '- a', ['1:1 wrong-type ']],
    ['an alias', 'apiVersion: &v toka/v1\npolicy: *v', ['2:9 alias policy']],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('where one of several forms is expected and there is nothing, all of them are named', () => {
    expect(() => parseConfig('apiVersion: toka/v1\nlimits: [{}]', 'toka.yaml')).toThrow(/window.*bucket/);
  });

  test('a capability that the caller does not know, in each form', () => {
    const text = 'apiVersion: toka/v1\npolicy:\n  allow: [a:b, {capability: x:y}]\n  deny: [{capabilities: [a:b, x:y]}]';
    expect(problems(text, (capability) => (capability === 'x:y' ? 'no such domain' : undefined))).toEqual([
      '3:29 bad-value policy.allow[1].capability',
      '4:31 bad-value policy.deny[0].capabilities[1]',
    ]);
  });
});

test('hooks say where they are wrong: a misspelt key, a program by no form, tools around a turn', () => {
  const head = 'apiVersion: toka/v1\nhooks:\n';
  expect(problems(`${head}  - on: before-tool\n    tool: files/*\n    run: { command: ["true"] }\n`)).toEqual(['4:5 unknown-key hooks[0].tool']);
  expect(problems(`${head}  - on: before-tool\n    run: { comand: ["true"] }\n`)).toEqual(['4:10 bad-value hooks[0].run']);
  expect(problems(`${head}  - on: after-turn\n    tools: files/*\n    run: { command: ["true"] }\n`)).toEqual(['4:5 conflict hooks[0].tools']);
});
