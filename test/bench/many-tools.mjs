// An MCP server on standard input and output with so many tools, for the programs that take their tools from one.
import { createInterface } from 'node:readline';
import { manyTools } from './made-tools.mjs';

const RESULTS = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'bench', version: '1.0.0' } }),
  ping: () => ({}),
  'tools/list': () => ({ tools: manyTools(Number(process.argv[2])).map(({ name, description, schema }) => ({ name, description, inputSchema: schema })) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = RESULTS[method]?.(params);
  const answer = result === undefined ? { error: { code: -32601, message: `no method ${method}` } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}
