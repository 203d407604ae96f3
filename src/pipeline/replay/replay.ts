import type { TokaError } from '../../errors.ts';
import type { ReplayedCall } from '../../runtime/replay-context.ts';
import type { TapedCall } from '../../runtime/taped-call.ts';
import type { House } from '../house.ts';
import { maskOf } from '../mask.ts';
import { clean } from '../recorded-event.ts';
import type { AgentParams } from '../agent/port.ts';
import type { CodeParams, ExecutionRequest } from '../request.ts';
import type { RunResult } from '../result.ts';
import type { Run } from '../run.ts';
import { again } from './again.ts';
import { type Divergence, divergenceOf, requireAnswered, requireContents } from './divergence.ts';
import { endingDifferences, endingNow, withWords } from './ending.ts';
import { REPLAY_SCHEMA, type ReplayReport, type ReplayRequest } from './report.ts';
import { completionOf } from '../recorded-completion.ts';
import { type Retellable, secretsFor, targetOf } from './retellable.ts';

export type { ReplayReport, ReplayRequest } from './report.ts';
export { type Retellable, retellable } from './retellable.ts';

/** How the pipeline is entered; handed in, since it stands in another part of the bundle. */
export interface Entries {
  retell(house: House, request: ExecutionRequest): Promise<{ run: Run; error?: TokaError }>;
  execute(house: House, request: ExecutionRequest): Promise<RunResult>;
}

/**
 * Tells a run again from its record, or does it once more, and compares.
 *
 * @throws TokaError What keeps it from being compared: TOKA_RUN_NOT_RECORDED, TOKA_INPUT_NEEDED, TOKA_USAGE, TOKA_TOOL_UNKNOWN,
 *   TOKA_LOCK_DRIFT, TOKA_SANDBOX_UNAVAILABLE
 */
export async function replay(house: House, found: Retellable, request: ReplayRequest, { retell, execute }: Entries): Promise<ReplayReport> {
  if (request.reexecute === true) return again(house, found, request, execute);
  const { run: id, requested, started, calls } = found;
  const { strict = false } = request;
  const { run, error } = await retell(house, await requestFor(found, request, house));
  // What was not carried out, or not to its end, is no answer.
  if (error && ((!run.completion && !run.replayed) || request.signal?.aborted === true)) throw error;
  const divergence = run.replayed ? divergenceIn(calls, withoutSecrets(run.replayed, run), strict) : undefined;
  const isNative = run.tool?.executable.type === 'native';
  const differences = divergence ? [] : endingDifferences(withWords(found.ending, started, run), await endingNow(run, error, house), { isStrict: strict, isNative });
  return { schema: REPLAY_SCHEMA, run: id, tool: requested.tool ?? '', strict, same: !divergence && differences.length === 0, ...(divergence ? { divergence } : {}), differences };
}

async function requestFor(found: Retellable, { door, principal, signal, params: given = {}, strict = false }: ReplayRequest, house: House): Promise<ExecutionRequest> {
  const { run, requested, started, recorded, calls } = found;
  const secrets = secretsFor(found, given);
  const root = requested.project ?? requested.cwd;
  const completion = await completionOf(found.events, await house.journal());
  const params = { ...found.params, ...secrets.params };
  const ofAgent = requested.model === 'agent' ? { agentEvents: found.events } : {};
  const common = {
    door,
    principal,
    ...(signal ? { signal } : {}),
    cwd: requested.cwd,
    ...(requested.parent === undefined ? {} : { parent: { run: requested.parent, step: requested.step ?? { position: 0 }, permissions: [], secrets: Object.values(secrets.params).filter((value) => typeof value === 'string') } }),
    replays: { run, calls, capabilities: started.effective, missing: recorded.missing, variables: secrets.variables, root, inOrder: strict, completion, ...ofAgent },
  };
  if (requested.model === 'agent') return { ...common, model: 'agent', agent: requested.tool?.replace(/^agent\//, '') ?? '', params: params as unknown as AgentParams };
  if (requested.model === 'code') return { ...common, model: 'code', language: requested.tool?.replace(/^code\//, '') ?? '', level: started.level, limits: {}, capabilities: [], params: params as unknown as CodeParams };
  return { ...common, model: 'tool', params, target: targetOf(found) };
}

function divergenceIn(calls: readonly TapedCall[], made: readonly ReplayedCall[], isStrict: boolean): Divergence | undefined {
  requireAnswered(calls, made);
  const divergence = divergenceOf(calls, made, isStrict);
  if (!divergence) requireContents(calls, made);
  return divergence;
}

/** The calls as they would be recorded. */
function withoutSecrets(made: readonly ReplayedCall[], run: Run): ReplayedCall[] {
  const mask = maskOf(run);
  return made.map(({ content, args, ...call }) => ({
    ...call,
    args: mask.json(args),
    ...(content ? { content: clean(mask, content) } : {}),
  }));
}
