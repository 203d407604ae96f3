import { fstatSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { coded, type CodeOrder, isCoded } from '@toka/sdk';
import { readResult, receiveOrder, send } from '@toka/sdk/program';
import { grantedFolders } from '../lib/granted.ts';
import { requireCommand } from '../lib/module.ts';
import { trapOf } from '../lib/trap.ts';

/** Where the module finds its parameters and leaves its result. */
const OWN = '/toka';

send({ type: 'ready' });
const order = receiveOrder();
if (order) {
  carryOut(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 70;
  });
}

async function carryOut(given: CodeOrder): Promise<void> {
  try {
    const module = await requireCommand(Buffer.from(given.source, 'base64'), given.name);
    const own = mkdtempSync('/tmp/toka-');
    writeFileSync(join(own, 'params.json'), JSON.stringify(given.params));
    const exitCode = await start(module, own, given.name);
    // Without a result, toka goes by the exit code.
    if (exitCode === 0) send({ type: 'result', data: readResult(join(own, 'result.json'), given.limits.maxValue) });
    process.exitCode = exitCode;
  } catch (error) {
    if (!isCoded(error)) throw error;
    send({ type: 'failure', code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    process.exitCode = 1;
  }
}

async function start(module: WebAssembly.Module, own: string, name: string): Promise<number> {
  const wasi = new WASI({
    version: 'preview1',
    args: [name],
    env: { ...process.env, TOKA_PARAMS: `${OWN}/params.json`, TOKA_RESULT: `${OWN}/result.json` },
    // Not a boundary, since links in them are followed: that is the sandbox, which has nothing but what was granted.
    preopens: { ...grantedFolders(), [OWN]: own },
    stdin: hasInput() ? 0 : openSync(join(own, 'params.json'), 'r'),
    returnOnExit: true,
  });
  const instance = await instantiate(module, wasi, name);
  try {
    return wasi.start(instance);
  } catch (error) {
    throw trapOf(error, name);
  }
}

async function instantiate(module: WebAssembly.Module, wasi: WASI, name: string): Promise<WebAssembly.Instance> {
  try {
    return await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.LinkError)) throw trapOf(cause, name);
    throw coded('CODE_UNSUPPORTED', `${name} cannot be linked: ${cause.message}`, { cause, hint: 'build it for wasm32-wasip1' });
  }
}

/** Whether the caller has given something on standard input. */
function hasInput(): boolean {
  return !fstatSync(0).isCharacterDevice();
}
