import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { place, type Place, tool } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'notes.txt': 'one\n' });
});
afterEach(() => here[Symbol.dispose]());

interface Sent {
  readonly bytes: number;
  readonly tools: readonly string[];
}

/** What the default agent sends first, as a provider gets it, who then refuses. */
async function firstRequest(): Promise<Sent> {
  const sent: Sent[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { tools } = JSON.parse(body) as { readonly tools: readonly { readonly name: string }[] };
    sent.push({ bytes: Buffer.byteLength(body), tools: tools.map(({ name }) => name) });
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}');
  };
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    const config = join(here.home, 'config/toka');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'config.yaml'), JSON.stringify({ apiVersion: 'toka/v1', models: { providers: { anthropic: { baseURL: `http://127.0.0.1:${address.port}/v1` } } } }));
    await here.run(['agent', 'run', '-p', 'hello', '--model', 'anthropic/claude-sonnet-4-5'], { env: { ANTHROPIC_API_KEY: 'none' } });
  } finally {
    server.close();
  }
  const [first] = sent;
  if (!first) throw new Error('expected a request');
  return first;
}

test.each([0, 300])('the first request takes no more than 8 KiB, with %i tools beside those that come with toka', async (count) => {
  for (let at = 0; at < count; at++) here.write(tool(`gadget-${at}`, 'true'));
  const { bytes, tools } = await firstRequest();
  expect(bytes).toBeLessThanOrEqual(8192);
  expect(tools).toEqual(['ask_person', 'tasks', 'run_code', 'tool_search', 'file-reader', 'file-searcher', 'file-editor', 'file-writer', 'file-lister']);
});
