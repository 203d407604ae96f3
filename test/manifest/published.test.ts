import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { publishedSchemas } from '../../src/config/published.ts';
import { policyTestFile } from '../../src/config/policy-test.ts';
import { configFile } from '../../src/config/schema.ts';
import { agentManifest } from '../../src/manifest/agent/agent-manifest.ts';
import { lockFile } from '../../src/manifest/lock-file.ts';
import type { JsonSchema } from '@toka/sdk';
import { pluginManifest } from '../../src/manifest/plugin-manifest.ts';
import { toolManifest } from '../../src/manifest/tool-manifest.ts';
import { parseYaml } from '../../src/manifest/yaml.ts';

const root = join(import.meta.dirname, '..', '..');
const sources = { tool: toolManifest, agent: agentManifest, plugin: pluginManifest, config: configFile, lock: lockFile, 'policy-test': policyTestFile };
const names = ['tool', 'agent', 'plugin', 'config', 'lock', 'policy-test'] as const;

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const published = (name: string) => JSON.parse(readFileSync(join(root, 'manifests', 'schema', `${name}.v1.json`), 'utf8')) as JsonSchema;
const validators = Object.fromEntries(names.map((name) => [name, ajv.compile(published(name))]));

/** Every value that differs from the sample by one part left out, replaced or misspelt. */
function* variants(value: unknown): Generator {
  yield* [null, 7, -1, 1.5, '', 'x', true, [], {}, ['x'], 'a\u0000b', 'a'.repeat(10_000)];
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      for (const variant of variants(entry)) yield value.with(index, variant);
      yield value.toSpliced(index, 1);
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, unknownKey: 1 };
    for (const [key, entry] of Object.entries(value as Record<string, unknown>)) {
      const { [key]: _removed, ...others } = value as Record<string, unknown>;
      yield others;
      yield { ...others, [`${key}x`]: entry };
      for (const variant of variants(entry)) yield { ...value, [key]: variant };
    }
  }
}

const property = { type: 'string', description: 'd', default: 'a', enum: ['a'], 'x-type': 'path', 'x-position': 1 };
const samples: Record<(typeof names)[number], unknown[]> = {
  tool: readdirSync(join(root, 'test/manifest/compat/v1'))
    .filter((name) => /^[^.]+\.(yaml|json)$/.test(name))
    .map((name) => {
      const parsed = parseYaml(readFileSync(join(root, 'test/manifest/compat/v1', name), 'utf8'));
      return 'value' in parsed ? parsed.value : undefined;
    }),
  agent: [
    {
      apiVersion: 'toka/v1',
      kind: 'Agent',
      metadata: { name: 'docs-keeper', version: '1.0.0', description: 'd', author: 'a', tags: ['t'] },
      spec: {
        name: 'n',
        domain: 'd',
        priority: 'high',
        model: 'anthropic/claude-sonnet-4-5',
        maxTurns: 10,
        capabilities: ['writing'],
        objectives: [
          { id: 'a', description: 'd', deliverable: 'd', validation: { tool: 'checks/link-validator', params: { path: ['.'] } } },
          { id: 'b', description: 'd', validation: { command: ['npm', 'test'] } },
          { id: 'c', description: 'd', validation: { schema: { type: 'object' } } },
        ],
        tasks: { default: [{ id: 'd', title: 't', after: ['e'] }], conditional: [{ id: 'e', title: 't', when: 'w' }] },
        dependencies: { agents: ['security'], tools: ['files/*'], skills: ['pdf'] },
        reporting: { format: 'json', schema: { type: 'object' } },
        security: {
          sandbox: 'standard',
          capabilities_required: ['fs:read:**'],
          capabilities_optional: ['git-access'],
          resource_limits: { timeout: '10m', calls: 5, cpu: '10s', bytes: '8M', tokens: 1000, money: 0.5 },
        },
        behavioral_directives: ['b'],
        success_criteria: ['s'],
        hooks: [{ on: 'before-tool', tools: ['files/*'], run: { command: ['node', 'guard.mjs'] }, timeout: '10s', reason: 'r' }, { on: 'after-turn', run: { tool: 'guard' } }],
      },
    },
  ],
  plugin: [
    {
      manifestVersion: 1,
      api: '^1.0',
      contributes: {
        tools: [
          {
            id: 'reader',
            entry: './dist/reader.js',
            summary: 's',
            category: 'files',
            tags: ['a'],
            params: { type: 'object', properties: { path: property }, required: ['path'], additionalProperties: false },
            output: { type: 'object' },
            capabilities: { required: ['fs:read:{path}'], optional: [] },
            effect: 'read',
            level: 'standard',
            risk: 'low',
            examples: [{ description: 'd', params: { path: 'a' }, exitCode: 0 }],
          },
        ],
        storage: [{ id: 'lmdb', entry: './dist/lmdb.js', summary: 's', supports: { transactions: true }, configSchema: {} }],
      },
      capabilities: { required: [] },
      configSchema: { type: 'object' },
    },
  ],
  config: [
    {
      apiVersion: 'toka/v1',
      policy: {
        allow: ['fs:read:docs/**', { capability: 'fs:write', tools: ['build-*'], reason: 'r' }, { capabilities: ['proc:exec:git'] }],
        ask: ['git-access'],
        deny: ['net:connect'],
      },
      prefer: { 'file-reader': 'files' },
      sandbox: { require: 'hard' },
      tools: { paths: ['../shared'] },
      flows: { trusted: ['acme/*'], allow: [{ tool: 'web/*', parameter: 'url', values: ['https://a.example/**'], origins: ['web'], reason: 'r' }] },
      hooks: [{ on: 'before-turn', run: { command: ['true'] } }],
    },
  ],
  lock: [JSON.parse(readFileSync(join(root, 'test/registry/lock/compat/v1/toka.lock'), 'utf8'))],
  'policy-test': [
    {
      apiVersion: 'toka/v1',
      cases: [
        { name: 'n', tool: 'file-reader', params: { path: 'a' }, allow: ['fs:read', 'validation'], expect: 'ask' },
        { tool: 'files/file-reader', expect: 'deny' },
      ],
    },
  ],
};

interface Nested {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: unknown;
  readonly additionalProperties?: unknown;
  readonly oneOf?: readonly unknown[];
  readonly anyOf?: readonly unknown[];
}

describe.each(names)('the published schema of %s', (name) => {
  test('is what its source says now', () => {
    expect(published(name)).toEqual(publishedSchemas()[name]);
  });

  test('accepts and refuses what toka does', () => {
    let refused = 0;
    let compared = 0;
    for (const sample of samples[name]) {
      expect(validators[name]!(sample)).toBe(true);
      expect(sources[name].safeParse(sample).success).toBe(true);
      for (const variant of variants(sample)) {
        const accepted = sources[name].safeParse(variant).success;
        compared += 1;
        refused += accepted ? 0 : 1;
        if (validators[name]!(variant) !== accepted)
          expect.fail(`toka ${accepted ? 'accepts' : 'refuses'} ${JSON.stringify(variant).slice(0, 3000)}`);
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(compared - refused).toBeGreaterThan(20);
  });

  test('describes every member', () => {
    const bare: string[] = [];
    visit(published(name), '');
    expect(bare).toEqual([]);

    function visit(schema: unknown, path: string): void {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties = {}, items, oneOf = [], anyOf = [], additionalProperties } = schema as Nested;
      for (const [key, member] of Object.entries(properties)) {
        if (typeof member['description'] !== 'string' && !('const' in member)) bare.push(`${path}/${key}`);
        visit(member, `${path}/${key}`);
      }
      for (const inner of [items, additionalProperties, ...oneOf, ...anyOf]) visit(inner, `${path}/*`);
    }
  });
});

test('the script that CI runs finds no drift', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'schemas.mjs'), '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
