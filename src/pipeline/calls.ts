import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import { digestOf } from '../journal/blobs.ts';
import type { RunSummary } from '../journal/contract.ts';
import type { Step } from '../journal/events.ts';
import type { House } from './house.ts';
import { maskOf } from './mask.ts';
import type { Command, ExecutionRequest, Interrupted, ToolRequest } from './request.ts';
import type { Run } from './run.ts';
import { isUnknown, outcomeUnknown, requestOf } from './unknown.ts';

/** A call of a run that is resumed, as it is on record. */
export interface RecordedCall extends Interrupted {
  readonly status: RunSummary['status'];
}

/** The calls that a running tool makes, in their order. A resumed run has to make again those that are on record of it. */
export interface Calls {
  /** The place of the next call. */
  place(): Step;
  /** What is to be carried out; or the call that needs not be, since its outcome is on record. Throws TOKA_RUN_DIVERGED, TOKA_OUTCOME_UNKNOWN. */
  recall<R extends ExecutionRequest>(request: R): Promise<{ readonly request: R; readonly answer?: RecordedCall }>;
  /** Throws TOKA_RUN_DIVERGED if a call was another one than on record, whatever the tool made of that, or one on record was not made. */
  demandComplete(): Promise<void>;
}

export function callsOf(parent: Run, house: House): Calls {
  const { resumes, replays } = parent.request;
  const recorded = resumes ?? replays ? recordedCalls(parent.id, house) : Promise.resolve(new Map<number, RecordedCall>());
  // Whoever asks for a call is told why the record cannot be read.
  recorded.catch(() => undefined);
  const made = new Set<number>();
  let places = 0;
  let fault: TokaError | undefined;
  const fail = (error: TokaError): never => {
    fault ??= error;
    throw fault;
  };
  return {
    place: () => ({ position: ++places }),
    async recall(request) {
      const asked = withCommand(request, parent);
      const { position } = stepOf(asked);
      const call = (await recorded).get(position);
      if (fault) throw fault;
      if (!call && replays) return fail(diverged(parent.id, `call ${position} is not on record`));
      if (!call) return { request: asked };
      made.add(position);
      const difference = await differenceOf(call, asked, house, replays?.inOrder === true);
      if (difference !== undefined) return fail(diverged(parent.id, `call ${position} is ${difference}`));
      if (call.status !== 'running' && call.status !== 'interrupted') return { request: asked, answer: call };
      if (replays) return fail(diverged(parent.id, `call ${position} has no end on record`));
      if (call.status === 'running') return fail(new TokaError('TOKA_RUN_ACTIVE', `run ${call.run} is carried by a process that still lives`, { hint: 'wait for its end' }));
      const retry = resumes?.retry ?? new Set<string>();
      if (isUnknown(call) && !retry.has(call.run)) return fail(outcomeUnknown([call], parent.id));
      return { request: { ...asked, resumes: { run: call.run, events: call.events, retry } } };
    },
    async demandComplete() {
      if (fault) throw fault;
      const missing = [...(await recorded)].find(([position]) => !made.has(position));
      if (missing) throw diverged(parent.id, `call ${missing[0]} of ${requestOf(missing[1].events).tool ?? 'a tool'} is on record and was not made`);
    },
  };
}

async function recordedCalls(run: string, house: House): Promise<Map<number, RecordedCall>> {
  const journal = await house.journal();
  const calls = await Promise.all((await journal.children(run)).map(async ({ id, status }) => ({ run: id, status, events: await journal.read(id) })));
  return new Map(calls.map((call) => [requestOf(call.events).step?.position ?? 0, call]));
}

/** A process has neither a tool nor parameters by which it would be known again: a digest says what it is. */
function withCommand<R extends ExecutionRequest>(request: R, parent: Run): R {
  if (!request.parent || request.model !== 'tool' || request.target.kind === 'named') return request;
  const command = commandDigest(request.target.command, request, parent);
  return { ...request, parent: { ...request.parent, step: { ...request.parent.step, command } } };
}

/** Of variables the names only: their values are often secrets, and a digest of something short gives it away. */
function commandDigest({ argv, capabilities, env }: Command, { cwd, input }: ToolRequest, parent: Run): string {
  const text = input instanceof Uint8Array ? Buffer.from(input).toString('base64') : '';
  return hexDigest(maskOf(parent).text(JSON.stringify({ argv, capabilities, cwd, env: Object.keys(env), input: text })));
}

async function differenceOf({ events }: RecordedCall, request: ExecutionRequest, house: House, isStrict: boolean): Promise<string | undefined> {
  const before = requestOf(events);
  const name = before.tool ?? 'a tool';
  if (request.model === 'tool' && request.target.kind === 'command') {
    const isSame = before.step?.command === stepOf(request).command;
    return isSame ? undefined : `the process ${request.target.command.argv[0]}, on record is ${name} with other words, folder, input or capabilities`;
  }
  const now = await house.identify(request);
  if (before.step?.command !== undefined || before.tool !== now.tool) return `of ${now.tool ?? 'a tool'}, on record is one of ${name}`;
  // What a model was asked follows from what was asked and answered before, and from tools and instructions, which may have changed since.
  if (request.model === 'prompt' && !isStrict) return undefined;
  return digestOf(before.params) === digestOf(now.params) ? undefined : `of ${name}, on record with other parameters`;
}

function stepOf({ parent }: ExecutionRequest): Step {
  return parent?.step ?? { position: 0 };
}

function diverged(run: string, what: string): TokaError {
  return new TokaError('TOKA_RUN_DIVERGED', `the resumed run ${run} does not do what it did before: ${what}`, {
    hint: 'what it reads may have changed since: look at toka runs show, then run the tool anew',
    data: { run },
  });
}
