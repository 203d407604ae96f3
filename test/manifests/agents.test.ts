import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentPlace, calls, type Reply } from '../support/agent.ts';

const done = (text = 'done'): Reply => ({ text });

let agent: AgentPlace;
beforeEach(() => {
  agent = new AgentPlace();
});
afterEach(async () => agent[Symbol.asyncDispose]());

async function ends(name: string, files: Readonly<Record<string, string>>, replies: readonly Reply[], allow: readonly string[] = [], text = 'Do it.'): Promise<{ readonly status: string; readonly code: string | undefined }> {
  agent.here.write(files);
  const { result } = await agent.ask(replies, { agent: name, allow, text });
  return { status: result.status, code: result.error?.code };
}

const GOOD = { status: 'succeeded', code: undefined };
const UNPROVEN = { status: 'failed', code: 'TOKA_AGENT_UNPROVEN' };

describe('documentation', () => {
  test('is done when a broken link is corrected', async () => {
    const correct = calls(['file-writer', { path: 'README.md', content: '[notes](notes.txt)\n', mode: 'overwrite' }]);
    expect(await ends('documentation', { 'README.md': '[notes](nots.txt)\n' }, [correct, done()], ['fs:write:README.md'])).toEqual(GOOD);
  });

  test('is not done because it says so', async () => {
    expect(await ends('documentation', { 'README.md': '[notes](nots.txt)\n' }, [done(), done(), done()])).toEqual(UNPROVEN);
  });

  test('may write nothing but documents, whatever it is granted', async () => {
    const files = { 'README.md': '[notes](notes.txt)\n', 'run.sh': '' };
    const write = calls(['file-writer', { path: 'run.sh', content: 'rm -rf /' }]);
    await ends('documentation', files, [write, done()], ['fs:write:**']);
    expect(agent.here.read('run.sh')).toBe('');
  });
});

describe('security', () => {
  const finding = { severity: 'high', file: 'notes.txt', line: 1, finding: 'a password', remedy: 'rotate it' };

  test('is done when its report has its form', async () => {
    expect(await ends('security', {}, [calls(['file-searcher', { pattern: 'one' }]), done(JSON.stringify({ findings: [finding] }))])).toEqual(GOOD);
  });

  test('is not done with a report without remedies', async () => {
    const { remedy: _, ...rest } = finding;
    const report = done(JSON.stringify({ findings: [rest] }));
    expect(await ends('security', {}, [report, report, report])).toMatchObject({ status: 'failed' });
  });
});

describe('infrastructure', () => {
  const broken = { 'config.json': '{"port": 80,}\n' };
  const commands = ['proc:exec:python3', 'proc:exec:du'];

  test('is done when a data file that is not valid is corrected', async () => {
    const correct = calls(['file-writer', { path: 'config.json', content: '{"port": 80}\n', mode: 'overwrite' }]);
    expect(await ends('infrastructure', broken, [calls(['data-check', { path: ['.'] }]), correct, done()], ['fs:write:config.json', ...commands], 'Correct config.json.')).toEqual(GOOD);
  });

  test('is not done while one is not valid', async () => {
    expect(await ends('infrastructure', broken, [done(), done(), done()], commands)).toEqual(UNPROVEN);
  });
});

describe('testing', () => {
  const project = { 'package.json': JSON.stringify({ name: 'sums', version: '1.0.0', scripts: { test: 'node check.cjs' } }), 'check.cjs': "require('node:assert').equal(require('./add.cjs')(1, 2), 3);\n" };
  const broken = { ...project, 'add.cjs': 'module.exports = (a, b) => a - b;\n' };

  test('is done when what failed was corrected and the checks of the project pass', async () => {
    const correct = calls(['file-editor', { path: 'add.cjs', edits: [{ find: 'a - b', replace: 'a + b' }] }]);
    const run = calls(['build-validator', { path: '.', steps: ['test'] }]);
    expect(await ends('testing', broken, [correct, run, done()], ['fs:write:add.cjs', 'proc:exec:npm', 'proc:exec:python3'], 'The tests fail: correct add.cjs.')).toEqual(GOOD);
  });

  test('is not done while they fail', async () => {
    expect(await ends('testing', broken, [done(), done(), done()], ['proc:exec:npm', 'proc:exec:python3'])).toEqual(UNPROVEN);
  });
});
