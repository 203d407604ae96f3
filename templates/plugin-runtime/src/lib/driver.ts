/**
 * The program that runs a script. It takes its order from file descriptor 3 and answers on 4, a line of JSON each; what the script prints is its own.
 *
 * A script is one statement a line: `print TEXT`, `warn TEXT`, `add NAME NAME`, `call ALIAS KEY TEXT`, `code ALIAS KEY TEXT`, `fail TEXT`, `wait`.
 */
export const DRIVER = String.raw`
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

const say = (line) => void writeSync(4, JSON.stringify(line) + '\n');
const waiting = new Map();

class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const statements = {
  print: (_, text) => void process.stdout.write(text + '\n'),
  warn: (_, text) => void process.stderr.write(text + '\n'),
  add: ({ params }, text) => ({ sum: text.split(' ').reduce((sum, name) => sum + params[name], 0) }),
  call: async (order, text) => (await call(order, text)).data,
  code: async (order, text) => (await call(order, text)).error?.code ?? 'none',
  fail: (_, text) => {
    throw new Failure('CODE_THREW', text);
  },
  wait: () => new Promise(() => setInterval(() => {}, 1000)),
};

async function call({ tools }, text) {
  const [alias, key, ...words] = text.split(' ');
  const tool = tools.find((each) => each.alias === alias);
  if (!tool) throw new Failure('CODE_TOOL_UNKNOWN', 'no tool is called ' + alias);
  const { promise, resolve } = Promise.withResolvers();
  const id = waiting.size + 1;
  waiting.set(id, resolve);
  say({ type: 'call', id, tool: tool.name, params: { [key]: words.join(' ') } });
  return promise;
}

function parse(source) {
  return source.split('\n').flatMap((line, at) => {
    const [, word, text] = /^(\w*) ?(.*)$/.exec(line) ?? [];
    if (line.trim() === '') return [];
    if (!Object.hasOwn(statements, word ?? '')) throw Object.assign(new Failure('CODE_SYNTAX', 'no statement begins so: ' + line), { line: at + 1 });
    return [{ run: statements[word], text, line: at + 1 }];
  });
}

async function run(order) {
  let result = null;
  let place = 0;
  try {
    for (const { run: statement, text, line } of parse(order.source)) {
      place = line;
      result = (await statement(order, text)) ?? result;
    }
    say({ type: 'result', data: result });
  } catch (error) {
    say({ type: 'failure', code: error.code ?? 'CODE_THREW', message: error.message + ' (' + order.name + ':' + (error.line ?? place) + ')' });
  }
  process.exit(0);
}

// A stream of files would keep a thread waiting for the next line, and the process with it.
createInterface({ input: new Socket({ fd: 3 }) })
  .on('line', (text) => {
    const line = JSON.parse(text);
    if (line.type === 'order') void run(line);
    if (line.type === 'answer') waiting.get(line.id)?.(line.result);
  })
  // Whoever started it wants it no more.
  .on('close', () => process.exit(1));
say({ type: 'ready' });
`;
