import { TokaError, toTokaError } from '../errors.ts';
import { createKeeper } from '../journal/blobs.ts';
import type { Ledger } from '../journal/contract.ts';
import type { Usage } from '../journal/events.ts';
import { remember } from './cached.ts';
import { cancelled } from './cancelled.ts';
import type { Approver, House, Identity } from './house.ts';
import { maskError, maskOf } from './mask.ts';
import { intentEvents, intentTimes, outcomeEvents, outcomeStatus, refusedEvents, requested } from './record.ts';
import type { ExecutionRequest } from './request.ts';
import { asResultError, RESULT_SCHEMA, resultUsage, type RunResult } from './result.ts';
import { settlement } from './reservation.ts';
import { isHalt, type Run } from './run.ts';
import { admit } from './stages/admit.ts';
import { anticipate } from './stages/anticipate.ts';
import { approve } from './stages/approve.ts';
import { authorize } from './stages/authorize.ts';
import { check } from './stages/check.ts';
import { execute as carry } from './stages/execute.ts';
import { intent } from './stages/intent.ts';
import { isolate } from './stages/isolate.ts';
import { resolve } from './stages/resolve.ts';
import { unchanged } from './stages/unchanged.ts';
import { validate } from './stages/validate.ts';

type Stage = (run: Run, house: House) => Run | Promise<Run>;

const DECISION: readonly Stage[] = [validate, unchanged, authorize, approve, admit, isolate];

/** What stands before anything is recorded or run; `--dry-run` goes so far. */
const PREPARATION: readonly Stage[] = [resolve, ...DECISION];

/** The one path: every run of every model passes these stages in this order. */
const STAGES: readonly Stage[] = [resolve, anticipate, ...DECISION, intent, carry, check];

/** What is left of them for a run that is told again: it is given nothing, and nothing happens. */
const REPLAY: readonly Stage[] = [resolve, validate, carry, check];

/**
 * Runs what is asked. The only function of toka that makes anything run.
 *
 * @returns The result, once its outcome is durable. Never rejects: whatever goes wrong is a result with an error.
 */
export async function execute(house: House, request: ExecutionRequest): Promise<RunResult> {
  return (await carryOut(house, request)).result;
}

/** Like `execute`, with what the stages found out. */
export async function carryOut(house: House, request: ExecutionRequest): Promise<{ run: Run; result: RunResult }> {
  const { run, error } = await pass(begin(house, request), STAGES, house);
  run.slot?.end();
  if (error) tellOrigin(run, error, house);
  return { run, result: await conclude(run, error && maskError(run, error), house) };
}

/**
 * Tells a run again: its code is carried out with what is on record, instead of with the machine. Nothing is recorded.
 *
 * @returns What the stages found out, and what it ended with, without secrets.
 */
export async function retell(house: House, request: ExecutionRequest): Promise<{ run: Run; error?: TokaError }> {
  const { run, error } = await pass(begin(house, request), REPLAY, house);
  return { run, ...(error ? { error: maskError(run, error) } : {}) };
}

/** Takes every capability that could be granted as if it were, so that a plan can be shown; `approvals` then tells which are not. */
const SUPPOSE: Approver = async () => ({ decision: 'once', by: 'plan' });

/**
 * Prepares a run without asking, recording or running anything.
 *
 * @returns The run as it would be, with an approval for each capability that would have to be granted first.
 * @throws TokaError What the run itself would end with at that point, whatever was granted.
 */
export async function prepare(house: House, request: ExecutionRequest): Promise<Run> {
  const { run, error } = await pass(begin(house, request), PREPARATION, { ...house, approver: SUPPOSE, reviewer: undefined });
  if (error) throw maskError(run, error);
  return run;
}

/**
 * Decides what a run may do, without asking anybody.
 *
 * @throws TokaError What keeps the call from being decided: no such tool, parameters that are not valid.
 */
export async function decide(house: House, request: ExecutionRequest): Promise<Run> {
  const { run, error } = await pass(begin(house, request), [resolve, validate, authorize], house);
  if (error) throw maskError(run, error);
  return run;
}

/** Finds out what a request would be recorded as, without asking anybody. */
export async function identify(house: House, request: ExecutionRequest): Promise<Identity> {
  const { run } = await pass(begin(house, { ...request, frozen: false }), [resolve, validate], { ...house, lock: undefined });
  const { tool, params } = requested(run, house, createKeeper());
  return { params, ...(tool === undefined ? {} : { tool }) };
}

function begin(house: House, request: ExecutionRequest): Run {
  const { resumes, replays, runId } = request;
  return {
    id: resumes?.run ?? replays?.run ?? runId ?? house.nextId(),
    request,
    startedMs: house.clock.now(),
    approvals: [],
    granted: [],
    claims: [],
    recorded: resumes?.events.length ?? 0,
  };
}

async function pass(begun: Run, stages: readonly Stage[], house: House): Promise<{ run: Run; error?: TokaError }> {
  let run = begun;
  try {
    for (const stage of stages) {
      if (run.request.signal?.aborted === true && !run.completion) throw cancelled('the run', run.request.signal);
      const next = stage(run, house);
      run = next instanceof Promise ? await next : next;
    }
    return { run };
  } catch (thrown) {
    return isHalt(thrown) ? { run: thrown.run, error: thrown.error } : { run, error: toTokaError(thrown) };
  }
}

function tellOrigin(run: Run, error: TokaError, { onDefect }: House): void {
  if (error.code !== 'TOKA_INTERNAL' || !onDefect) return;
  try {
    const { stack } = error.cause instanceof Error ? error.cause : error;
    onDefect(maskOf(run).text(stack ?? error.message));
  } catch {
    // Whoever is told may break: the run ends as it would have.
  }
}

/** Records the outcome, whatever it is, and only then reports it. */
async function conclude(run: Run, error: TokaError | undefined, house: House): Promise<RunResult> {
  const usage = usageOf(run, house);
  try {
    if (error && run.request.resumes && run.intendedMs === undefined) {
      await refuse(run, error, house);
      return report(run, error, usage);
    }
    const keeper = createKeeper();
    const events = run.recorded > 0 ? [] : intentEvents(run, house, keeper);
    const times = run.recorded > 0 ? [] : intentTimes(run);
    const journal = await house.journal();
    await journal.append(run.id, [...events, ...outcomeEvents(run, error, usage, keeper)], run.recorded, keeper.blobs, times, counting(run, error, usage, house.clock.now()));
  } catch (thrown) {
    const fault = toTokaError(thrown);
    tellOrigin(run, fault, house);
    return report(run, unrecorded(error, fault), usage);
  }
  return report(run, error, usage);
}

/** What is counted with the outcome: what the run used, what it is known for, and the conversation that it is the end of. */
function counting(run: Run, error: TokaError | undefined, usage: Usage, now: number): ((ledger: Ledger) => Promise<void>) | undefined {
  const settle = settlement(run, usage, now);
  const { cacheKey, cachedFrom, id, session } = run;
  const remembers = cacheKey !== undefined && cachedFrom === undefined && !error;
  if (!remembers && session === undefined) return settle;
  return async (ledger) => {
    await settle?.(ledger);
    if (remembers) await remember(ledger, cacheKey, id, now);
    if (session !== undefined) await (await import('./agent/session.ts')).endTurn(ledger, { ...session, run: id, hasSaid: run.conversed !== undefined, now });
  };
}

/** A run that nobody goes on with stays as it is, so that it can be resumed later; if somebody else does, it is theirs. */
async function refuse(run: Run, error: TokaError, house: House): Promise<void> {
  if (error.code === 'TOKA_RUN_ACTIVE') return;
  await (await house.journal()).append(run.id, refusedEvents(run, error), run.recorded);
}

/** A run whose outcome could not be recorded did not succeed; one that had failed before keeps its own reason. */
function unrecorded(error: TokaError | undefined, fault: TokaError): TokaError {
  if (!error || error.message === fault.message) return fault;
  const { hint, where, data, cause } = error;
  return new TokaError(error.code, `${error.message} (nor could the outcome be recorded: ${fault.message})`, {
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    ...(data === undefined ? {} : { data }),
    cause: cause ?? fault,
  });
}

function usageOf({ completion, startedMs, usedByModel = {} }: Run, { clock }: House): Usage {
  return {
    wallMs: Math.max(0, clock.now() - startedMs),
    outputBytes: completion?.outputBytes ?? 0,
    ...(completion?.cpuMs ? { cpuMs: completion.cpuMs } : {}),
    ...(completion?.maxRssBytes ? { maxRssBytes: completion.maxRssBytes } : {}),
    ...(completion?.traffic ? { traffic: completion.traffic } : {}),
    ...(Object.keys(usedByModel).length > 0 ? { model: usedByModel } : {}),
  };
}

function report(run: Run, error: TokaError | undefined, usage: Usage): RunResult {
  const { completion, data, tool } = run;
  const status = outcomeStatus(run, error);
  return {
    schema: RESULT_SCHEMA,
    runId: run.id,
    ...(tool ? { tool: tool.qualified } : {}),
    status,
    output: completion?.output ?? '',
    ...(completion?.textless ? { textless: true } : {}),
    ...(data === undefined ? {} : { data }),
    ...(error ? { error: asResultError(error) } : {}),
    ...(run.cachedFrom === undefined ? {} : { cachedFrom: run.cachedFrom }),
    exitCode: completion?.exitCode ?? null,
    artifacts: (run.artifacts ?? []).map(({ name }) => name),
    usage: resultUsage(usage),
  };
}
