import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type CodeOrder, isCoded } from '@toka/sdk';
import { onCancelled, readResult, receiveOrder, send } from '@toka/sdk/program';
import { type Ending, runCommand, type Task } from '../lib/command.ts';
import { requireCommand } from '../lib/module.ts';

if (isMainThread) main().catch(fail);
else runCommand(workerData as Task).then((ending) => parentPort?.postMessage(ending)).catch(fail);

async function main(): Promise<void> {
  send({ type: 'ready' });
  const order = receiveOrder();
  if (!order) return;
  onCancelled(() => process.exit(130));
  try {
    process.exitCode = await carryOut(order);
  } catch (error) {
    if (!isCoded(error)) throw error;
    const { code, hint, message } = error;
    send({ type: 'failure', code, message, ...(hint === undefined ? {} : { hint }) });
    process.exitCode = 1;
  }
}

/** Without a result, toka goes by the exit code. */
async function carryOut({ source, name, params, limits }: CodeOrder): Promise<number> {
  const module = await requireCommand(Buffer.from(source, 'base64'), name);
  const folder = mkdtempSync(join(tmpdir(), 'toka-'));
  writeFileSync(join(folder, 'params.json'), JSON.stringify(params));
  const { exitCode, failure } = await inThread({ module, folder, name });
  if (failure) send({ type: 'failure', ...failure });
  else if (exitCode === 0) send({ type: 'result', data: readResult(join(folder, 'result.json'), limits.maxValue) });
  return exitCode;
}

/** A module blocks the thread that it runs in, and this one listens to toka. */
async function inThread(task: Task): Promise<Ending> {
  return new Promise((resolve, reject) => {
    // What the thread would print through this one is nothing; to be ready for it would make the descriptors of the module's output non-blocking.
    new Worker(import.meta.filename, { workerData: task, stdout: true, stderr: true }).on('message', resolve).on('error', reject);
  });
}

function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 70;
}
