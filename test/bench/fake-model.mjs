// A model that asks for files to be read, one in each answer, and then is done: in the protocols of all services, on loopback.
import { createServer, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { LLMock } from '@copilotkit/aimock';

/** What starts the reading; without it the model answers at once. */
export const READ = 'Read the notes';

/**
 * @returns {Promise<FakeModel>} its address, and what it was asked since the last look. What stands between it and its clients writes down
 * each request as it came, and how long its answer took.
 */
export async function startFakeModel({ folder, turns }) {
  const mock = new LLMock({ port: 0, chunkSize: 1000 });
  mock.on({}, (asked) => answerTo(asked, { folder, turns }));
  const inner = new URL(await mock.start());
  let requests = [];
  const server = createServer((incoming, outgoing) => {
    const came = performance.now();
    const chunks = [];
    incoming.on('data', (chunk) => void chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const entry = { method: incoming.method, path: incoming.url, bytes: body.byteLength, body, ms: 0 };
      requests.push(entry);
      const passed = request({ host: inner.hostname, port: inner.port, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host: inner.host } }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      outgoing.on('close', () => (entry.ms = performance.now() - came));
      passed.end(body);
    });
  });
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    take() {
      const taken = requests.filter(({ method }) => method === 'POST');
      requests = [];
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await mock.stop();
    },
  };
}

/** Of each client's own tools, how it reads a file. */
const READERS = [
  [/^Read$/, (path) => ({ file_path: path })],
  [/^read_file$/, (path) => ({ file_path: path })],
  [/^read$/, (path) => ({ filePath: path })],
  [/^(?:files__)?file-reader$/, (path) => ({ path })],
  [/^exec_command$/, (path) => ({ cmd: `cat ${path}` })],
  [/^shell(?:_command)?$/, (path) => ({ command: `cat ${path}` })],
];

/** Whoever asks beside its task (for a title, say) offers no tools, and is told something short. */
function answerTo({ messages, tools = [] }, { folder, turns }) {
  const names = tools.map((tool) => tool.function?.name ?? tool.name);
  const [name, paramsOf] = READERS.flatMap(([pattern, params]) => names.filter((each) => pattern.test(each)).map((each) => [each, params]))[0] ?? [];
  const done = messages.filter(({ role }) => role === 'tool').length;
  const isReading = messages.some((message) => message.role === 'user' && JSON.stringify(message.content).includes(READ));
  if (!isReading || name === undefined || done >= turns) return { content: 'done' };
  return { toolCalls: [{ id: `call_${done}`, name, arguments: JSON.stringify(paramsOf(`${folder}/note-${done}.txt`)) }] };
}
