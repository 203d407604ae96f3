import type { JsonObject, JsonValue } from '@toka/sdk';
import type { Decision } from '../../capability/authorize.ts';
import { EffectiveSet } from '../../capability/effective.ts';
import { type ErrorCode, TokaError, toTokaError } from '../../errors.ts';
import { type Candidate, type ModelUsage, SMALL_CONTEXT_TOKENS } from '../../model/port.ts';
import { addUsage } from '../../model/usage.ts';
import type { Completion } from '../../runtime/completion.ts';
import { type Calls, callsOf } from '../calls.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import type { AgentRequest } from '../request.ts';
import { Halt, type Run, settled } from '../run.ts';
import { historyOf } from './history.ts';
import { agentHost } from './host.ts';
import type { AgentContext, AgentOrder, AgentOutcome, SaidPart } from './port.ts';
import { contextOf, recorderOf, routeOf } from './recorder.ts';
import { beginTurn } from './session.ts';

/** How often an agent may ask its model for what was said, unless it is told otherwise. */
const MAX_STEPS = 50;

/** Runs an agent by its loop; all that it does are runs below this one. */
export async function executeAgent(asked: Run, request: AgentRequest, house: House): Promise<Run> {
  // What is told again is given nothing, and needs nothing.
  const run = request.replays ? { ...asked, decision: NOTHING } : asked;
  const recorder = recorderOf(run, house);
  const limited = limitedSignal(run, house);
  const calls = callsOf(run, house);
  const ended = new AbortController();
  let current = run;
  try {
    const { takenOver } = request.params;
    if (takenOver) return { ...(await takeSession(run, request, house)), conversed: takenOver, completion: completionOf({ messages: takenOver, text: '', tasks: [], steps: 0 }) };
    const candidates = await candidatesOf(run, request, house);
    const [first] = candidates;
    current = await takeSession(run, request, house);
    const context = (await contextOf((request.replays?.agentEvents ?? request.resumes?.events ?? []), house.journal)) ?? (await house.agentContext(request.cwd));
    await recorder.began(first.route, context);
    announce(run, request, first);
    const signal = AbortSignal.any([limited.signal, ended.signal]);
    const onUsage = (usage: ModelUsage): void => void (current = { ...current, usedByModel: addUsage(current.usedByModel ?? {}, usage) });
    const host = agentHost({ run, request, house, signal, calls, recorder, candidates, onUsage });
    const outcome = await house.runAgent(await orderOf(run, request, first, context, house), host);
    const completion = completionOf(outcome, first.route);
    // What it has done so far is its result even where it failed.
    current = { ...current, recorded: await recorder.recorded(), ...(request.isEphemeral === true ? {} : { conversed: outcome.messages }), completion, ...(completion.data === undefined ? {} : { data: completion.data }) };
    return await ending(current, outcome, calls, limited.signal);
  } catch (thrown) {
    if (thrown instanceof Halt) throw thrown;
    throw new Halt({ ...current, recorded: await recorder.recorded() }, toTokaError(limited.signal.aborted ? limited.signal.reason : thrown));
  } finally {
    ended.abort(new TokaError('TOKA_CANCELLED', 'the agent that asked for it has ended'));
    limited.end();
  }
}

async function ending(run: Run, { failure }: AgentOutcome, calls: Calls, signal: AbortSignal): Promise<Run> {
  if (signal.aborted) throw new Halt(run, toTokaError(signal.reason));
  await calls.demandComplete();
  if (!failure) return run;
  const { code, message, hint, data } = failure;
  throw new Halt(run, new TokaError(code as ErrorCode, message, { ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data }) }));
}

const NOTHING: Decision = { effective: new EffectiveSet([]), missing: [], fallen: [], verdicts: [] };

type Candidates = readonly [Candidate, ...Candidate[]];

/** One that is resumed, or told again, asks the model that it began with. */
async function candidatesOf(run: Run, { params, replays, resumes }: AgentRequest, house: House): Promise<Candidates> {
  const route = routeOf(replays?.agentEvents ?? resumes?.events ?? []);
  if (route !== undefined && replays) return [{ route, isLanguageModel: true }];
  const [first, ...rest] = await (await house.models()).candidates(route ?? params.model ?? run.agent?.model ?? 'work');
  if (!first) throw new TokaError('TOKA_PROVIDER_UNAVAILABLE', 'no model can be asked here', { hint: 'toka models list shows what was looked for' });
  return [first, ...rest];
}

/** What there is to know of who answers is said where the conversation begins: that it is no language model, or soon has no more room. */
function announce({ id }: Run, { onEvent, params, parent }: AgentRequest, { contextTokens = Infinity, isLanguageModel, route }: Candidate): void {
  if (parent || params.after !== undefined) return;
  const notices = [
    ...(isLanguageModel ? [] : [`${route} is no language model`]),
    ...(contextTokens < SMALL_CONTEXT_TOKENS ? [`${route} has room for ${contextTokens} tokens alone: conversations with tools soon need more`] : []),
  ];
  for (const message of notices) onEvent?.({ type: 'agent', run: id, event: { type: 'notice', level: 'warn', message } });
}

async function takeSession(run: Run, { params: { after, said, session }, replays }: AgentRequest, house: House): Promise<Run> {
  if (session === undefined || replays) return run;
  await beginTurn(await house.journal(), { run: run.id, session, after, process: house.process(), now: Math.trunc(house.clock.now()) });
  return { ...run, session: { session, title: titleOf(said) } };
}

/** The first line of what was said. */
function titleOf(said: readonly SaidPart[]): string {
  const text = said.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ').trim().split('\n')[0] ?? '';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

async function orderOf(run: Run, { flow, resumes, replays }: AgentRequest, { contextTokens, route }: Candidate, context: AgentContext, house: House): Promise<AgentOrder> {
  const { said, schema, maxSteps, plan = false, compact = false, after } = settled(run, 'params') as AgentRequest['params'];
  const spec = run.agent;
  if (!spec) throw new TokaError('TOKA_INTERNAL', 'an agent was to be run before it was found');
  const began = (replays?.agentEvents ?? resumes?.events)?.[0]?.time ?? run.startedMs;
  return {
    spec,
    route,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    today: new Date(began).toISOString().slice(0, 10),
    history: after === undefined ? [] : await historyOf(after, await house.journal()),
    said,
    context,
    hooks: [...house.hooks(), ...spec.hooks],
    ...formOf(schema ?? spec.reporting?.schema),
    maxSteps: Math.min(maxSteps ?? MAX_STEPS, spec.maxSteps),
    isPlanning: plan,
    isCompacting: compact,
    ...(flow ? { above: flow } : {}),
  };
}

function formOf(schema: JsonObject | undefined): Pick<AgentOrder, 'schema'> {
  return schema === undefined ? {} : { schema };
}

function completionOf({ data, failure, steps, tasks, text }: AgentOutcome, route?: string): Completion {
  const result = { text, ...(data === undefined ? {} : { answer: data }), tasks, steps, ...(route === undefined ? {} : { model: route }) };
  return { output: text, outputBytes: Buffer.byteLength(text), truncated: false, exitCode: failure ? null : 0, pieces: text === '' ? [] : [{ stream: 'stdout', bytes: Buffer.from(text) }], data: result as unknown as JsonValue };
}

