import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { place, tool } from '../support/cli.ts';

const server = createServer((request, response) => void response.end(`hello ${request.url}`));
let at = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => void server.close(resolve)));

const elevated = { security: { level: 'elevated' } };

describe('a tool with network', () => {
  test('reaches the host that it asks for and was granted; what passed is recorded', async () => {
    using here = place(tool('fetch', `curl -sS http://${at}/a`, { capabilities: { required: [`net:connect:${at}`] }, ...elevated }));
    const ran = await here.json(['run', 'fetch', '--allow', 'proc:exec:bash', '--allow', `net:connect:${at}`]);
    expect(ran).toMatchObject({ exit: 0, output: 'hello /a', usage: { traffic: { connections: 1, refused: 0 }, sources: { traffic: 'counted' } } });
    const shown = await here.json(['runs', 'show', ran.runId]);
    expect(JSON.stringify(shown)).toContain('"traffic":{"connections":1,"refused":0');
  });

  test('is told what would allow what it was refused, and so is the person', async () => {
    using here = place(tool('fetch', `curl -s http://${at}/; curl -s http://example.net/`, { capabilities: { required: [`net:connect:${at}`] }, ...elevated }));
    const { code, stdout, stderr } = await here.run(['run', 'fetch', '--allow', 'proc:exec:bash', '--allow', `net:connect:${at}`]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('hello /toka: ')]);
    for (const said of [stdout, stderr]) expect(said).toContain('net:connect:example.net:80');
  });

  test('takes part of a pattern, as it was granted', async () => {
    using here = place(tool('fetch', `curl -s -w '%{http_code}' -o /dev/null http://${at}/`, { capabilities: { optional: ['net:connect'] }, ...elevated }));
    const run = (...grants: string[]) => here.json(['run', 'fetch', '--allow', 'proc:exec:bash', ...grants.flatMap((grant) => ['--allow', grant])]);
    expect((await run('net:connect:example.org')).output).toBe('403');
    expect((await run(`net:connect:${at}`)).output).toBe('200');
    // Without a grant there is no way at all.
    expect((await run()).output).toBe('000');
  });

  test('may be a native one that is not part of toka', async () => {
    const script = `import { defineTool } from '@toka/sdk';
export default defineTool({ name: 'fetch', summary: 'x', params: { type: 'object', properties: {} }, effect: 'read', capabilities: { required: ['net:connect:${at}'] },
  run: async () => ({ text: await (await fetch('http://${at}/native')).text() }) });`;
    using here = place(tool('fetch', script, { type: 'native', capabilities: { required: [`net:connect:${at}`] }, ...elevated }));
    expect(await here.json(['run', 'fetch', '--allow', `net:connect:${at}`, '--allow', 'proc:exec:node'])).toMatchObject({ exit: 0, data: { text: 'hello /native' } });
  });

  test('shows its hosts before it runs', async () => {
    using here = place(tool('fetch', 'true', { capabilities: { required: [`net:connect:${at}`] }, ...elevated }));
    const { stdout } = await here.run(['run', 'fetch', '--dry-run', '--allow', 'proc:exec:bash', '--allow', `net:connect:${at}`]);
    expect(stdout).toContain(`network  net:connect:${at}`);
  });

  test('is not run with a scope that names no host', async () => {
    using here = place();
    const ran = await here.json(['sandbox', 'run', '--allow', 'net:connect:0x7f.1:80', '--', 'true']);
    expect(ran).toMatchObject({ error: { code: 'TOKA_CAPABILITY_INVALID' } });
  });
});

describe('toka sandbox run', () => {
  test('reaches what --allow names, without another word', async () => {
    using here = place();
    expect(await here.run(['sandbox', 'run', '--allow', `net:connect:${at}`, '--', 'curl', '-sS', `http://${at}/b`])).toMatchObject({ code: 0, stdout: 'hello /b' });
  });

  test('names the grant for what was refused', async () => {
    using here = place();
    const { stderr } = await here.run(['sandbox', 'run', '--allow', 'net:connect:example.org', '--', 'curl', '-s', `http://${at}/b`]);
    expect(stderr).toContain(`--allow 'net:connect:${at}'`);
  });

  test('is denied below the level that has network', async () => {
    using here = place();
    expect((await here.run(['sandbox', 'run', '--level', 'standard', '--allow', `net:connect:${at}`, '--', 'true'])).code).toBe(77);
  });
});
