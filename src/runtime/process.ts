import { launch } from '../sandbox/launch.ts';
import type { Demand, LaunchOptions, NetworkRules, SandboxPlan } from '../sandbox/plan.ts';
import type { Slot } from '../sandbox/slots.ts';
import type { WarmProcesses } from '../sandbox/warm.ts';
import type { Completion } from './completion.ts';

export interface ProcessOptions extends Pick<LaunchOptions, 'channel' | 'collect'> {
  readonly signal?: AbortSignal;
  readonly slot?: Slot;
  /** What must be enforced, whatever a probe said. */
  readonly require: Demand['require'];
  readonly input?: AsyncIterable<Uint8Array> | Uint8Array;
  readonly network?: NetworkRules;
  /** Where a process may wait for this run. */
  readonly warm?: WarmProcesses;
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
}

/** Runs a sandboxed process and keeps what it writes, up to the limit of its plan. */
export async function runProcess(plan: SandboxPlan, options: ProcessOptions): Promise<Completion> {
  const pieces: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  const { onOutput, warm, ...rest } = options;
  const carry = warm ? warm.launch.bind(warm) : launch;
  const outcome = await carry(plan, {
    ...rest,
    onOutput: (stream, chunk) => {
      pieces.push({ stream, bytes: chunk });
      onOutput(stream, chunk);
    },
  });
  const stdout = Buffer.concat(pieces.filter((piece) => piece.stream === 'stdout').map((piece) => piece.bytes));
  return {
    output: stdout.toString('utf8'),
    outputBytes: outcome.outputBytes,
    truncated: outcome.truncated,
    exitCode: outcome.exitCode,
    ...(outcome.signal === null ? {} : { signal: outcome.signal }),
    ...(outcome.stopped === undefined ? {} : { stopped: outcome.stopped }),
    ...(outcome.cpuMs === undefined ? {} : { cpuMs: outcome.cpuMs }),
    ...(outcome.maxRssBytes === undefined ? {} : { maxRssBytes: outcome.maxRssBytes }),
    ...(outcome.traffic === undefined ? {} : { traffic: outcome.traffic }),
    enforcement: outcome.enforcement,
    pieces: joined(pieces),
  };
}

/** Neighbouring pieces of one stream become one, so that the record has as few as tell the order. */
function joined(pieces: readonly { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[]): Completion['pieces'] {
  const groups: { stream: 'stdout' | 'stderr'; parts: Uint8Array[] }[] = [];
  for (const { stream, bytes } of pieces) {
    const last = groups.at(-1);
    if (last?.stream === stream) last.parts.push(bytes);
    else groups.push({ stream, parts: [bytes] });
  }
  return groups.map(({ stream, parts }) => ({ stream, bytes: Buffer.concat(parts) }));
}
