import type { JsonObject } from '@toka/sdk';
import type { EffectiveSet } from '../capability/effective.ts';
import type { Principal } from '../capability/principal.ts';
import { TokaError, toTokaError } from '../errors.ts';
import type { Journal, RunSummary } from '../journal/contract.ts';
import type { RunEvent } from '../journal/events.ts';
import { pruned } from '../journal/failures.ts';
import { boundsAgain, paramsAgain, rightsAgain } from './asked-again.ts';
import { execute } from './execute.ts';
import type { House } from './house.ts';
import type { AgentParams } from './agent/port.ts';
import type { AgentRequest, CodeParams, CodeRequest, Interrupted } from './request.ts';
import { RESULT_SCHEMA, resultUsage, type RunResult } from './result.ts';
import { isUnknown, outcomeUnknown, requestOf } from './unknown.ts';

/** A run whose process is gone, with what has to be known before it can go on. */
export interface Found extends Interrupted {
  /** It, or runs that it started, of which nobody knows whether they did what must not be done twice. */
  readonly unknown: readonly Interrupted[];
  /** Parameters that hold a secret, which is not on record. */
  readonly needs: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** What is said of a run that is to go on. */
export interface ResumeRequest extends Pick<AgentRequest, 'allow' | 'door' | 'inbox' | 'onEvent' | 'principal' | 'signal'> {
  /** Those of `needs`, once more. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Whether what nobody knows of is done again. Default false. */
  readonly retry?: boolean;
}

/** @throws TokaError TOKA_RUN_UNKNOWN; TOKA_RUN_ACTIVE where its process, or that of a run below it, lives; TOKA_RUN_NOT_RESUMABLE where it has ended. */
export async function inspect(house: House, id: string): Promise<Found> {
  const journal = await house.journal();
  const summary = await journal.run(id);
  if (summary.prunedAt !== undefined) throw pruned(id);
  if (summary.status !== 'interrupted' && summary.status !== 'running') {
    throw refusal(id, `it has ended: ${summary.status}`, `toka runs show ${id} tells how; to do the same once more, run the tool`);
  }
  if (summary.importedFrom !== undefined) throw refusal(id, 'it was imported, and what it did was done elsewhere', 'resume it where it ran');
  const unknown = await unknownOf(summary, journal);
  const events = await journal.read(id);
  return { run: id, events, unknown, ...(await paramsAgain(requestOf(events), journal)) };
}

/**
 * Goes on with a run: executes its tool again, which gets the outcomes of the calls that are on record instead of making them once more. It
 * may do at most what it was granted then, and of that what it would be granted now: the record lowers rights, and gives none.
 *
 * @throws TokaError What keeps it from being asked for: TOKA_RUN_FOREIGN, TOKA_RUN_NOT_RESUMABLE, TOKA_OUTCOME_UNKNOWN, TOKA_INPUT_NEEDED,
 *   TOKA_TOOL_UNKNOWN. The run is then as it was.
 */
export async function resume(house: House, found: Found, { principal, params = {}, retry = false, inbox, ...rest }: ResumeRequest): Promise<RunResult> {
  const { run, events, unknown } = found;
  const requested = requestOf(events);
  const { tool, cwd } = requested;
  await requireWhole(found, house);
  requireOwn(found, principal);
  if (unknown.length > 0 && !retry) throw outcomeUnknown(unknown, run);
  const granted = grantedThen(found);
  const common = {
    ...rest,
    // What an agent may have at the most is said by its file; what it starts is decided anew, each by itself.
    principal: requested.model === 'agent' ? principal : principal.within(granted),
    cwd,
    ...boundsAgain(requested),
    resumes: { run, events, retry: new Set(unknown.map((each) => each.run)) },
  };
  const given = { ...found.params, ...secretsFor(found, params) };
  if (requested.model === 'agent') return execute(house, { ...common, model: 'agent', agent: tool?.replace(/^agent\//, '') ?? '', params: agentParams(run, given), ...(inbox ? { inbox } : {}) });
  if (requested.model !== 'code') return execute(house, { ...common, model: 'tool', params: given, target: { kind: 'named', name: tool ?? '' } });
  return execute(house, { ...common, model: 'code', ...codeAgain(found, granted), params: codeParams(run, given) });
}

/** What it had is what it asks for again, and has to be granted again. */
function codeAgain({ events }: Found, granted: EffectiveSet): Pick<CodeRequest, 'language' | 'level' | 'limits' | 'capabilities'> {
  const language = requestOf(events).tool?.replace(/^code\//, '') ?? '';
  const level = events.flatMap(({ event }) => (event.type === 'run.started' ? [event.level] : [])).at(-1) ?? 'restricted';
  return { language, level, limits: {}, capabilities: granted.print() };
}

function codeParams(run: string, { source, name, params, requirements }: Readonly<Record<string, unknown>>): CodeParams {
  const isWhole = typeof source === 'string' && typeof name === 'string' && typeof params === 'object' && params !== null && Array.isArray(requirements);
  if (isWhole) return { source, name, params: params as JsonObject, requirements: requirements as string[] };
  throw new TokaError('TOKA_INTEGRITY', `expected the code of run ${run}, found something else`, { hint: 'toka audit verify tells what is damaged' });
}

function agentParams(run: string, given: Readonly<Record<string, unknown>>): AgentParams {
  if (Array.isArray(given['said'])) return given as unknown as AgentParams;
  throw new TokaError('TOKA_INTEGRITY', `expected what was said in run ${run}, found something else`, { hint: 'toka audit verify tells what is damaged' });
}

/**
 * Records how a run ended of which nobody knows that but a person.
 *
 * @throws TokaError TOKA_RUN_FOREIGN; TOKA_RUN_ACTIVE where somebody was quicker.
 */
export async function mark(house: House, found: Interrupted, as: 'succeeded' | 'failed', principal: Principal): Promise<RunResult> {
  const by = principal.subject;
  // Who acts with a token acts for a person, and says nothing in their name.
  if (principal.bond) throw notYours(found.run, 'only a person can say how it ended', 'say it without the token');
  const exitCode = as === 'succeeded' ? 0 : 1;
  const usage = { wallMs: 0, outputBytes: 0 };
  const error = as === 'succeeded' ? undefined : { code: 'TOKA_RUN_FAILED', message: `marked as failed by ${by}` };
  const events: RunEvent[] = [
    { v: 1, type: 'run.marked', as, by },
    { v: 1, type: 'run.finished', status: as, exitCode, ...(error ? { error } : {}), usage },
  ];
  await (await house.journal()).append(found.run, events, found.events.length).catch((cause: unknown) => {
    if (toTokaError(cause).code !== 'TOKA_EVENT_CONFLICT') throw cause;
    throw active(found.run, cause);
  });
  const { tool } = requestOf(found.events);
  const said = { ...(tool === undefined ? {} : { tool }), ...(error ? { error } : {}) };
  return { schema: RESULT_SCHEMA, runId: found.run, status: as, output: '', exitCode, artifacts: [], usage: resultUsage(usage), ...said };
}

async function unknownOf({ id, status }: RunSummary, journal: Journal): Promise<Interrupted[]> {
  if (status === 'running') throw active(id);
  if (status !== 'interrupted') return [];
  const own = { run: id, events: await journal.read(id) };
  const below = await Promise.all((await journal.children(id)).map(async (child) => unknownOf(child, journal)));
  return [...(isUnknown(own) ? [own] : []), ...below.flat()];
}

function requireOwn({ run, events }: Interrupted, { subject, bond }: Principal): void {
  const { principal, tokens } = requestOf(events);
  if (principal === subject && String(tokens ?? []) === String(bond?.chain ?? [])) return;
  const hint = tokens ? 'resume it with the token that it was started with: --token FILE' : 'let them resume it, without a token';
  throw notYours(run, `it was asked for by ${principal}, not by ${subject}`, hint);
}

function notYours(run: string, why: string, hint: string): TokaError {
  return new TokaError('TOKA_RUN_FOREIGN', `run ${run} is not yours to resume: ${why}`, { hint, data: { run } });
}

/** What is needed and on record: a call goes on with the run that made it, and what a program read or was told at the door is gone. */
async function requireWhole({ run, events }: Found, { findTool, projectRoot, anchors, journal }: House): Promise<void> {
  const { model, parent, manifestHash, tool, cwd, project } = requestOf(events);
  if (parent !== undefined) {
    const isRecorded = await (await journal()).run(parent).then(() => true, () => false);
    const hint = isRecorded ? `toka runs resume ${parent}` : 'that run left no record, since it changes nothing: run its tool again';
    throw refusal(run, `it is part of run ${parent}`, hint);
  }
  if (tool === undefined || manifestHash === undefined) throw refusal(run, 'what it was to run is not on record', 'run it again; --mark says how it ended');
  const root = project ?? cwd;
  if (root !== (projectRoot ?? anchors.root)) throw refusal(run, `it belongs to ${root}`, `cd ${root}, and resume it there`);
  if (model === 'code' || model === 'agent') return;
  const { executable } = (await findTool(tool)).tool;
  if ('stdin' in executable && executable.stdin === 'inherit') throw refusal(run, 'what it read from standard input is not on record', 'run it again; --mark says how it ended');
}

/** What it might do when it was started last. */
function grantedThen({ run, events }: Interrupted): EffectiveSet {
  const sets = events.flatMap(({ event }) => (event.type === 'run.started' || event.type === 'run.resumed' ? [event] : []));
  const last = sets.at(-1);
  if (last?.carvedOut === undefined) throw refusal(run, 'it was recorded by a toka that could not resume', 'run it again; --mark says how it ended');
  return rightsAgain(last);
}

function secretsFor({ run, needs }: Found, params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const other = Object.keys(params).find((name) => !needs.includes(name));
  if (other !== undefined) {
    throw new TokaError('TOKA_USAGE', `a run goes on with the parameters on record; ${needs.join(', ') || 'none'} may be given, found ${other}`, { hint: 'to run it with others, run the tool' });
  }
  const missing = needs.filter((name) => params[name] === undefined);
  if (missing.length === 0) return params;
  throw new TokaError('TOKA_INPUT_NEEDED', `run ${run} was given secrets, which are not on record: ${missing.join(', ')}`, {
    hint: `pass them once more: toka runs resume ${run} --params FILE, a JSON object with ${missing.join(', ')}`,
    data: { run, missing },
  });
}

function refusal(run: string, why: string, hint: string): TokaError {
  return new TokaError('TOKA_RUN_NOT_RESUMABLE', `run ${run} cannot be resumed: ${why}`, { hint, data: { run } });
}

function active(run: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_RUN_ACTIVE', `run ${run} is carried by a process that still lives`, { cause, hint: 'wait for its end, or stop that process', data: { run } });
}
