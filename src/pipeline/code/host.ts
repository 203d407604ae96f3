import { coded, type CallResult, type CodeResult, type IsolateHost, type JsonObject } from '@toka/sdk';
import { isFileName } from '../../manifest/file-name.ts';
import type { Completion } from '../../runtime/completion.ts';
import type { Calls } from '../calls.ts';
import { children, type Handing } from '../children.ts';
import type { House } from '../house.ts';
import type { Artifact, Run } from '../run.ts';
import { Handles } from './handles.ts';

/** Bytes of all that a run may keep for its caller. */
const MAX_ARTIFACTS = 64 * 1024 * 1024;
/** The event that a run has ended names no more. */
const MOST_ARTIFACTS = 1000;

export interface CodeHost extends IsolateHost {
  readonly artifacts: readonly Artifact[];
  /** What came of it: its output so far, and its result where it has one. */
  completion(result?: CodeResult): Completion;
}

interface Bounds {
  readonly signal: AbortSignal;
  readonly calls: Calls;
  /** Bytes. */
  readonly maxOutput: number;
}

/** What code may do outside of itself. */
export function codeHost(run: Run, house: House, { signal, calls, maxOutput }: Bounds): CodeHost {
  const { onEvent } = run.request;
  const { call } = children(run, house, signal, calls, handingOf(run));
  const pieces: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  const artifacts: Artifact[] = [];
  const handles = new Handles();
  let written = 0;
  let isTruncated = false;
  return {
    signal,
    artifacts,
    output(stream, text) {
      const bytes = Buffer.from(text);
      const fitting = bytes.subarray(0, Math.max(0, maxOutput - written));
      isTruncated ||= fitting.length < bytes.length;
      written += fitting.length;
      if (fitting.length === 0) return;
      const last = pieces.at(-1);
      if (last?.stream === stream && last.bytes.length < 64 * 1024) last.bytes = Buffer.concat([last.bytes, fitting]);
      else pieces.push({ stream, bytes: fitting });
      onEvent?.({ type: 'output', run: run.id, stream, chunk: fitting });
    },
    async call(tool: string, params: JsonObject): Promise<CallResult> {
      signal.throwIfAborted();
      if (handles.isFor(tool)) return handles.read(run.id, params);
      return handles.held(await call(tool, handles.resolve(params) as JsonObject));
    },
    artifact(name, content) {
      if (!isFileName(name)) throw coded('ARTIFACT_NAME', `expected the name of a file, found ${JSON.stringify(name.slice(0, 80))}`);
      const others = artifacts.filter((each) => each.name !== name);
      const bytes = others.reduce((sum, each) => sum + each.content.byteLength, content.byteLength);
      if (bytes > MAX_ARTIFACTS) throw coded('ARTIFACT_TOO_LARGE', `expected at most ${MAX_ARTIFACTS} bytes in all artifacts, found ${bytes}`);
      if (others.length >= MOST_ARTIFACTS) throw coded('ARTIFACT_TOO_MANY', `expected at most ${MOST_ARTIFACTS} artifacts, found more`, { hint: 'put several into one file' });
      artifacts.splice(0, artifacts.length, ...others, { name, content });
    },
    log: (level, message) => onEvent?.({ type: 'log', run: run.id, level, message }),
    progress: (progress) => onEvent?.({ type: 'progress', run: run.id, progress }),
    completion: (result) => completed({ pieces, isTruncated, written }, result),
  };
}

/** Code that an agent wrote calls with the rights of that agent. */
function handingOf({ request }: Run): Handing | undefined {
  if (request.model !== 'code' || !request.reach) return undefined;
  return { reach: request.reach, permissions: request.parent?.permissions ?? [] };
}

function completed({ pieces, isTruncated, written }: { readonly pieces: Completion['pieces']; readonly isTruncated: boolean; readonly written: number }, result: CodeResult | undefined): Completion {
  const stdout = Buffer.concat(pieces.flatMap(({ stream, bytes }) => (stream === 'stdout' ? [bytes] : [])));
  return {
    output: stdout.toString('utf8'),
    outputBytes: written,
    truncated: isTruncated,
    exitCode: result === undefined || (!result.ok && result.stopped !== undefined) ? null : result.ok ? 0 : 1,
    pieces,
    ...(isTruncated ? { stopped: 'output' as const } : {}),
    ...endOf(result),
  };
}

function endOf(result: CodeResult | undefined): Pick<Completion, 'data' | 'failure' | 'stopped'> {
  if (result === undefined) return {};
  if (result.ok) return { data: result.data };
  return { failure: result.failure, ...(result.stopped === undefined ? {} : { stopped: result.stopped }) };
}
