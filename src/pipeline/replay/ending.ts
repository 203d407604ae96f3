import type { JsonValue } from '@toka/sdk';
import type { TokaError } from '../../errors.ts';
import { createKeeper } from '../../journal/blobs.ts';
import type { Kept, Rights, RunEvent } from '../../journal/events.ts';
import { compareOutput, compareValues, type RunDifference } from '../../journal/run-diff.ts';
import { passParameters } from '../../runtime/arguments.ts';
import type { House } from '../house.ts';
import { maskOf } from '../mask.ts';
import { outcomeEvents } from '../record.ts';
import type { Run } from '../run.ts';
import { toolDigest } from '../tool-digest.ts';

/** How a run ended, as it is compared. */
export interface Ending {
  readonly status: string;
  readonly exitCode: number | null;
  readonly error?: { readonly code: string; readonly message: string };
  /** Of a process: the words after its program and script. */
  readonly words?: readonly string[];
  readonly data?: JsonValue;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly toolDigest?: string;
  readonly toka: string;
}

/** Which tool of which toka it was. */
export interface Versions {
  readonly toolDigest: string | undefined;
  readonly toka: string;
}

/** How a run ended by what is recorded of it. */
export async function endingOf(events: readonly RunEvent[], { toolDigest: tool, toka }: Versions, read: (kept: Kept) => Promise<Uint8Array>): Promise<Ending> {
  const finished = events.find((event) => event.type === 'run.finished');
  const data = finished?.data && ('inline' in finished.data ? finished.data.inline : (JSON.parse(Buffer.from(await read(finished.data)).toString('utf8')) as JsonValue));
  const text = async (wanted: 'stdout' | 'stderr'): Promise<Uint8Array> =>
    Buffer.concat(await Promise.all(events.flatMap((event) => (event.type === 'run.output' && event.stream === wanted ? [read(event.kept)] : []))));
  return {
    status: finished?.status ?? '',
    exitCode: finished?.exitCode ?? null,
    ...(finished?.error ? { error: finished.error } : {}),
    ...(data === undefined ? {} : { data }),
    stdout: await text('stdout'),
    stderr: await text('stderr'),
    ...(tool === undefined ? {} : { toolDigest: tool }),
    toka,
  };
}

/** How a run ended that was told again, as it would be recorded: so secrets are replaced on both sides. */
export async function endingNow(run: Run, error: TokaError | undefined, house: House): Promise<Ending> {
  const keeper = createKeeper();
  const events = outcomeEvents(run, error, { wallMs: 0, outputBytes: 0 }, keeper);
  const read = async (kept: Kept): Promise<Uint8Array> => ('blob' in kept ? (keeper.blobs.get(kept.blob) ?? new Uint8Array(0)) : Buffer.from(kept.inline as string));
  const ending = await endingOf(events, { toolDigest: toolDigest(run, house), toka: house.version }, read);
  const words = wordsOf(run);
  return words ? { ...ending, words: words.map(maskOf(run).text) } : ending;
}

/** The same, with the words that a process was started with. Where program and script lie is a matter of the machine: the words after them count. */
export function withWords(ending: Ending, { command }: Pick<Rights, 'command'>, run: Run): Ending {
  if (!command || !wordsOf(run)) return ending;
  return { ...ending, words: command.slice(run.tool?.executable.type === 'external' ? 1 : 2) };
}

function wordsOf({ tool, params = {} }: Run): string[] | undefined {
  if (!tool || tool.source === 'command' || tool.executable.type === 'native' || !('pass' in tool.executable)) return undefined;
  return passParameters(tool.executable, tool.params, params).args;
}

/** Where a run ended otherwise. What is no answer counts only if it is to be strict: the tool and toka, standard error, and what toka says of a process. */
export function endingDifferences(before: Ending, now: Ending, { isStrict, isNative }: { readonly isStrict: boolean; readonly isNative: boolean }): RunDifference[] {
  const compared = ({ status, exitCode, error, words, toolDigest: tool, toka }: Ending): JsonValue =>
    JSON.parse(
      JSON.stringify({
        ...(isStrict ? { toolDigest: tool, toka } : {}),
        words,
        status,
        exitCode,
        error: error && { code: error.code, ...(isNative || isStrict ? { message: error.message } : {}) },
      }),
    ) as JsonValue;
  return [
    ...compareValues('', compared(before), compared(now)),
    ...compareOutput('stdout', before.stdout, now.stdout),
    ...(isStrict ? compareOutput('stderr', before.stderr, now.stderr) : []),
    ...compareValues('data', before.data, now.data),
  ];
}
