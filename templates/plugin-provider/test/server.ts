import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ProviderPlace, ProviderScenario } from '@toka/sdk/testing';

type Reply = (response: ServerResponse) => void;

const piece = (delta: object, finish_reason: string | null = null): object => ({ choices: [{ delta, finish_reason }] });
const USAGE = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } };

/** Sends events; without `end` the connection stays open. */
function events(chunks: readonly object[], end = true): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    if (end) response.end();
  };
}

function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error: { code, message: `refused: ${code}` } }));
}

const CALL = { index: 0, id: 'call-1', function: { name: 'weather', arguments: '{"city":' } };
const REPLIES: Readonly<Record<ProviderScenario, Reply>> = {
  text: events([piece({ content: 'Hello, ' }), piece({ content: 'world' }), piece({}, 'stop'), USAGE]),
  'tool-call': events([piece({ tool_calls: [CALL] }), piece({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] }), piece({}, 'tool_calls'), USAGE]),
  auth: refusal(401, 'invalid_api_key'),
  'rate-limit': refusal(429, 'rate_limit_exceeded', { 'retry-after': '2' }),
  unavailable: refusal(503, 'overloaded'),
  context: refusal(400, 'context_length_exceeded'),
  garbled: (response) => void response.writeHead(200).end('data: <html>\n\n'),
  'broken-off': events([piece({ content: 'Hello, ' })]),
  endless: events([piece({ content: 'Hello, ' })], false),
};

/** Plays a scenario. */
export async function serve(scenario: ProviderScenario): Promise<ProviderPlace> {
  let received = '';
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received = body;
      REPLIES[scenario](response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    config: { url: `http://127.0.0.1:${port}` },
    env: { CHAT_SERVER_KEY: 'a key' },
    model: 'small',
    received: () => received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
