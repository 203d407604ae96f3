// Makes one attempt without any wall: in node:vm, as many do it, or in Node.js itself. Prints ESCAPED where its effect is seen.
const { readFileSync } = require('node:fs');
const vm = require('node:vm');

const { source, seen, where, secret, file } = JSON.parse(readFileSync(0, 'utf8'));
process.env.TOKA_ESCAPE_SECRET = secret;
const given = [];
const printed = [];
const params = { list: [1, 2] };
const tools = {
  add: async ({ a, b }) => a + b,
  async echo(value) {
    given.push(value);
    return value;
  },
  async fail() {
    throw Object.assign(new Error('no space is left'), { code: 'DISK_FULL' });
  },
};
const globals = {
  FILE: file,
  URL,
  TextEncoder,
  TextDecoder,
  artifact: () => undefined,
  atob,
  console: { log: (...args) => void printed.push(...args.map((each) => (typeof each === 'string' ? each : require('node:util').inspect(each)))) },
  params,
  performance,
  printed: () => printed.join('\n'),
  setTimeout,
  structuredClone,
  tools,
};
const escaped = () => process.stderr.write('ESCAPED\n');
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, escaped);
process.on('exit', (code) => {
  if (code === 3) escaped();
});
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text) => (String(text).includes('toka-escape-printed') ? escaped() : write(text));

void attempt();

async function attempt() {
  let result = '';
  try {
    const body = `(async () => {${source}\n})()`;
    if (where === 'vm') result = await vm.runInNewContext(body, globals);
    else {
      Object.assign(globalThis, globals, { require, module, global });
      result = await vm.runInThisContext(body, { importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
    }
    result = JSON.stringify(result) ?? '';
  } catch (error) {
    result = String(error);
  }
  const isEffect = {
    secret: () => result.includes(secret),
    outside: () => {
      const isWritten = require('node:fs').existsSync(`${file}.written`);
      return {}.tokaEscape === true || globalThis.tokaEscape === true || params.list.length > 2 || isWritten;
    },
    parameter: () => given.some((each) => !isPlain(each)),
    endless: () => false,
    memory: () => process.memoryUsage.rss() > 400 * 1024 * 1024,
  };
  if (isEffect[seen]()) escaped();
  process.exitCode = 0;
}

function isPlain(value) {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (require('node:util').types.isProxy(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value) ? Object.keys(value).length !== value.length : prototype === null || Object.getPrototypeOf(prototype) !== null) return false;
  return Reflect.ownKeys(value).every((key) => {
    const { get, value: held } = Object.getOwnPropertyDescriptor(value, key);
    return typeof key === 'string' && get === undefined && !(['__proto__', 'constructor', 'prototype'].includes(key)) && isPlain(held);
  });
}
