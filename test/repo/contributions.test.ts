import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPluginManifest } from '../../src/manifest/load-plugin.ts';

const repository = join(import.meta.dirname, '../..');
const script = join(repository, 'scripts/contributions.mjs');

const gitLog = {
  name: 'git-log',
  summary: 'List the commits of a repository',
  category: 'git',
  tags: ['history', 'commits'],
  params: { type: 'object', properties: { path: { type: 'string', description: 'The repository', 'x-type': 'path' } }, additionalProperties: false },
  output: { type: 'array' },
  capabilities: { required: ['proc:exec:git', 'fs:read:{path}'], optional: ['env:read:GIT_DIR'] },
  effect: 'read',
  level: 'standard',
};
const gitTag = { ...gitLog, name: 'git-tag', capabilities: { required: ['proc:exec:git', 'env:read:GIT_DIR'] }, effect: 'idempotent', level: undefined };

let root: string;
let plugin: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'toka-contributions-'));
  plugin = join(root, 'plugins/git');
  for (const folder of ['plugins/sdk', 'plugins/git/src/lib', 'plugins/git/dist']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(plugin, 'package.json'), JSON.stringify({ name: '@toka/plugin-git', version: '1.2.3', toka: {}, license: 'Apache-2.0' }));
  writeFileSync(join(plugin, 'src/lib/commits.ts'), '');
  add('git-tag', gitTag);
  add('git-log', gitLog);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function add(file: string, tool: object | undefined): void {
  writeFileSync(join(plugin, `src/${file}.ts`), '');
  const source = tool === undefined ? 'undefined' : `{ ...${JSON.stringify(tool)}, run() {} }`;
  writeFileSync(join(plugin, `dist/${file}.cjs`), `module.exports = { __esModule: true, default: ${source} };`);
}

function contributions(...flags: string[]) {
  return spawnSync(process.execPath, [script, '--root', root, ...flags], { encoding: 'utf8' });
}

function readPackage() {
  return JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8')) as { toka: { contributes: { tools: { id: string }[] }; capabilities: unknown } };
}

describe('the toka block', () => {
  test('lists the tools by name, each with everything static, and leaves the rest of package.json as it is', () => {
    expect(contributions().status).toBe(0);
    const written = readPackage();
    expect(Object.keys(written)).toEqual(['name', 'version', 'toka', 'license']);
    expect(written.toka.contributes.tools.map(({ id }) => id)).toEqual(['git-log', 'git-tag']);
    expect(written.toka.contributes.tools[0]).toEqual({
      id: 'git-log',
      entry: './dist/git-log.cjs',
      summary: gitLog.summary,
      category: 'git',
      tags: ['commits', 'history'],
      params: gitLog.params,
      output: gitLog.output,
      capabilities: { required: ['fs:read:{path}', 'proc:exec:git'], optional: ['env:read:GIT_DIR'] },
      effect: 'read',
      level: 'standard',
      examples: [],
    });
  });

  test('sums up the capabilities; what one tool requires is not optional', () => {
    contributions();
    expect(readPackage().toka.capabilities).toEqual({ required: ['env:read:GIT_DIR', 'fs:read:{path}', 'proc:exec:git'], optional: [] });
  });

  test('is a valid plugin manifest', async () => {
    contributions();
    const { tools } = await loadPluginManifest(join(plugin, 'package.json'), 'bundled');
    expect(tools.map(({ qualified }) => qualified)).toEqual(['git/git-log', 'git/git-tag']);
  });
});

describe('--check', () => {
  test('passes after a write, and writes nothing', () => {
    contributions();
    const before = readFileSync(join(plugin, 'package.json'), 'utf8');
    expect(contributions('--check').status).toBe(0);
    expect(readFileSync(join(plugin, 'package.json'), 'utf8')).toBe(before);
  });

  test('fails when a tool has changed, and leaves the file alone', () => {
    contributions();
    const before = readFileSync(join(plugin, 'package.json'), 'utf8');
    add('git-tag', { ...gitTag, summary: 'List the tags' });
    expect(contributions('--check').status).toBe(1);
    expect(readFileSync(join(plugin, 'package.json'), 'utf8')).toBe(before);
  });
});

describe('is refused', () => {
  test.each([
    ['a file in src/ that exports no tool', () => add('helpers', undefined)],
    ['a tool that is not named like its file', () => add('git-blame', gitLog)],
    ['a source that was not built', () => rmSync(join(plugin, 'dist/git-log.cjs'))],
    ['a plugin without a tool', () => rmSync(join(plugin, 'src'), { recursive: true })],
    ['a repository without a plugin', () => rmSync(plugin, { recursive: true })],
  ])('%s', (_, spoil) => {
    spoil();
    expect(contributions().status).toBe(1);
  });
});

test('a storage backend is listed with what it can do', async () => {
  for (const file of ['src/git-log.ts', 'src/git-tag.ts']) rmSync(join(plugin, file));
  writeFileSync(join(plugin, 'src/branch.ts'), '');
  const storage = { id: 'branch', summary: 'Keep the journal in a branch', supports: { durable: true } };
  writeFileSync(join(plugin, 'dist/branch.cjs'), `module.exports = { __esModule: true, default: { ...${JSON.stringify(storage)}, open() {} } };`);
  expect(contributions().status).toBe(0);
  expect(readPackage().toka).toEqual({ manifestVersion: 1, api: '^1.0', contributes: { storage: [{ ...storage, entry: './dist/branch.cjs' }] } });
  await expect(loadPluginManifest(join(plugin, 'package.json'), 'bundled')).resolves.toMatchObject({ tools: [] });
});

test.each(readdirSync(join(repository, 'plugins')).filter((name) => name !== 'sdk'))('the plugin %s of this repository declares itself validly', async (name) => {
  await expect(loadPluginManifest(join(repository, 'plugins', name, 'package.json'), 'bundled')).resolves.toBeDefined();
});
