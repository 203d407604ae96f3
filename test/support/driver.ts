import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { CallResult, CodeOrder } from '@toka/sdk';

/** A line that a program wrote on descriptor 4. */
export interface DriverLine {
  readonly type: string;
  readonly [name: string]: unknown;
}

export interface DriverEnd {
  readonly lines: readonly DriverLine[];
  /** The line with its result or failure. */
  readonly last: DriverLine | undefined;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DriverOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly answer?: (call: { readonly id: number; readonly tool: string; readonly params: unknown }) => Promise<CallResult>;
  /** Sends the order only when the program is ready. */
  readonly warm?: boolean;
  /** Ends descriptor 3 at that line. */
  readonly cancelAt?: string;
}

const LIMITS = { memory: 2 ** 28, timeoutMs: 30_000, maxOutput: 2 ** 23, maxValue: 2 ** 20, maxCalls: 1000 };

/** Starts the program of a runtime as it is, without a sandbox, and speaks the protocol of runtimes with it. */
export async function drive([program, ...args]: readonly [string, ...string[]], order: Partial<CodeOrder>, options: DriverOptions = {}): Promise<DriverEnd> {
  const env = { PATH: process.env['PATH'] ?? '', ...options.env };
  const child = spawn(program, args, { env, stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
  child.stdin?.end(options.input);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]?.setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  const toProgram = child.stdio[3] as Writable;
  toProgram.on('error', () => undefined);
  const send = (line: unknown): void => void toProgram.write(`${JSON.stringify(line)}\n`);
  const sendOrder = (): void =>
    send({ type: 'order', version: 1, runId: 'r1', language: 'x', source: '', name: '<stdin>', params: {}, tools: [], requirements: [], limits: LIMITS, ...order });
  if (options.warm !== true) sendOrder();
  const lines: DriverLine[] = [];
  const hear = (written: string): void => {
    const line = JSON.parse(written) as DriverLine;
    lines.push(line);
    if (line.type === 'ready' && options.warm === true) sendOrder();
    if (line.type === options.cancelAt) toProgram.end();
    else if (line.type === 'call') void options.answer?.(line as never).then((result) => send({ type: 'answer', id: line['id'], result }));
  };
  let unread = '';
  (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
    // Not by node:readline, for which U+2028 ends a line.
    const written = `${unread}${chunk}`.split('\n');
    unread = written.pop() ?? '';
    written.forEach(hear);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { lines, last: lines.findLast(({ type }) => type === 'result' || type === 'failure'), exitCode, ...text };
}
