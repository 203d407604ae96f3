import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { EffectiveSet } from '../capability/effective.ts';
import { TokaError, toTokaError } from '../errors.ts';
import type { HostLine, HostOrder } from './isolated.ts';
import { runNative } from './native.ts';
import { createToolContext } from './tool-context.ts';

/** The program inside the sandbox of a native tool: takes the order, runs the tool, writes its result. */
async function main(): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  const say = (line: HostLine): boolean => write(`${JSON.stringify(line)}\n`);
  // The tool's own prints must not mix with the lines of the result.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const order = JSON.parse(await text(process.stdin)) as HostOrder;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@toka/sdk' ? { url: pathToFileURL(order.sdk).href, shortCircuit: true } : next(specifier, context),
  });
  const outOfProcess = async (): Promise<never> => {
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', 'a tool that runs out of process cannot start other runs in this release', {
      hint: 'only tools that are part of toka can use ctx.spawn and ctx.call',
    });
  };
  const context = createToolContext({
    ...order,
    signal: new AbortController().signal,
    effective: new EffectiveSet(order.permissions, order.carvedOut),
    env: process.env,
    children: { spawn: outOfProcess, call: outOfProcess },
    log: (level, message) => say({ type: 'log', level, message }),
    progress: (progress) => say({ type: 'progress', progress }),
  });
  try {
    const { output, textless, data = null, failure } = await runNative(order.entry, order.params, context);
    if (failure && data === null) say({ type: 'failed', failure });
    else say({ type: 'done', output, data, ...(textless ? { textless } : {}), ...(failure ? { failure } : {}) });
  } catch (thrown) {
    const { code, message, hint } = toTokaError(thrown);
    const own = code === 'TOKA_INTERNAL' ? 'TOKA_RUN_FAILED' : code;
    say({ type: 'failed', failure: { code: own, message, ...(hint === undefined || own !== code ? {} : { hint }) } });
  }
}

void main();
