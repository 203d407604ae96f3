import type { ToolContext } from '@toka/sdk';
import { grantedFiles } from '../runtime/granted-files.ts';
import { recordContext } from '../runtime/record-context.ts';
import { recordInput } from '../runtime/record-input.ts';
import { Tape } from '../runtime/tape.ts';
import { decodeCall, type TapedCall } from '../runtime/taped-call.ts';
import type { House } from './house.ts';
import type { ExecutionRequest } from './request.ts';
import { type Recording, type Run, settled } from './run.ts';
import { toolDigest } from './tool-digest.ts';

type Input = ExecutionRequest['input'];

/** Keeps what a tool in toka's own process asks, and is answered. */
export function recorderOfCalls(run: Run, house: House): { listen(context: ToolContext): ToolContext; recording(): Recording } {
  const tape = new Tape();
  const digest = toolDigest(run, house);
  return {
    listen: (context) => recordContext(context, tape),
    recording: () => ({ calls: [...tape.calls], files: [], lost: tape.isFull ? ['calls'] : [], toolDigest: digest }),
  };
}

/** Keeps what a tool in a process of its own says that it asked, up to what is none of that; what has not come to that says nothing. */
export async function recorderOfLines(run: Run, house: House): Promise<{ hear(calls: readonly unknown[], isFull: boolean): void; recording(): Recording | undefined }> {
  const { isReadable } = await import('../journal/recorded.ts');
  const digest = toolDigest(run, house);
  let recording: Recording | undefined;
  return {
    hear: (lines, isFull) => {
      const calls: TapedCall[] = [];
      for (const line of lines) {
        const call = decodeCall(line);
        if (!call || !isReadable(withoutContents(call))) break;
        calls.push(call);
      }
      recording = { calls, files: [], lost: isFull || calls.length < lines.length ? ['calls'] : [], toolDigest: digest };
    },
    recording: () => recording,
  };
}

function withoutContents({ do: verb, args, answer: { bytes: _, ...answer } }: TapedCall): object {
  return { do: verb, args, answer };
}

/** Keeps the files that a process could read, and what it reads on standard input. */
export async function recorderOfProcess(run: Run, house: House): Promise<{ listen(input: Input): Input; recording(): Recording }> {
  const digest = toolDigest(run, house);
  const { files, isCut } = await grantedFiles(settled(run, 'decision').effective, house.hidden, run.request.signal);
  const input = recordInput();
  return {
    listen: input.listen,
    recording: () => {
      const heard = input.kept();
      const lost = [...(input.isCut() ? (['input'] as const) : []), ...(isCut ? (['files'] as const) : [])];
      return { calls: [], files, lost, toolDigest: digest, ...(heard ? { input: heard } : {}) };
    },
  };
}
