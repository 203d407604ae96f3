import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentPlace, calls, type Reply } from '../support/agent.ts';

const done = (text = 'done'): Reply => ({ text });

let agent: AgentPlace;
beforeAll(() => {
  agent = new AgentPlace();
});
afterAll(async () => agent[Symbol.asyncDispose]());

async function ends(name: string, files: Readonly<Record<string, string>>, replies: readonly Reply[], allow: readonly string[] = []): Promise<{ readonly status: string; readonly code: string | undefined }> {
  agent.here.write(files);
  const { result } = await agent.ask(replies, { agent: name, allow });
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
