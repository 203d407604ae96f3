import type { JsonValue } from '@toka/sdk';
import type { Decision } from '../../capability/authorize.ts';
import { EffectiveSet } from '../../capability/effective.ts';
import { parseCapability } from '../../capability/grammar.ts';
import { toTokaError } from '../../errors.ts';
import { runNative } from '../../runtime/native.ts';
import { replayContext, type ReplayBase, type ReplayedCall } from '../../runtime/replay-context.ts';
import { decodeCall, encodeCall } from '../../runtime/taped-call.ts';
import { boundSignal } from '../bond.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import { requireUnchanged } from '../locked.ts';
import { maskOf, secretsOf } from '../mask.ts';
import type { Replaying } from '../request.ts';
import { Halt, idempotencyKey, type Run, settled } from '../run.ts';

/** Carries the tool's own code out with the answers on record; a process is not started, since how it ended is on record. */
export async function retell(run: Run, replays: Replaying, house: House): Promise<Run> {
  const { executable, origin } = settled(run, 'tool');
  if (executable.type === 'code' && executable.isolation === 'isolate') {
    return (await import('../code/execute.ts')).executeCode({ ...run, decision: givenThen(replays) }, executable, house);
  }
  if (executable.type !== 'native') return { ...run, completion: replays.completion, replayed: [] };
  return origin.kind === 'bundled' ? inProcess(run, executable.entry, replays, house) : isolated(run, executable.entry, replays, house);
}

/** What code might call then: the calls themselves are answered from the record, whatever it may have now. */
function givenThen({ capabilities }: Replaying): Decision {
  const permissions = capabilities.map((text) => ({ capability: parseCapability(text), source: 'record' }));
  return { effective: new EffectiveSet(permissions), missing: [], fallen: [], verdicts: [] };
}

async function inProcess(run: Run, entry: string, replays: Replaying, house: House): Promise<Run> {
  const limited = limitedSignal(run, house);
  const { context, calls } = replayContext({ ...baseOf(run, replays), signal: limited.signal, recorded: replays.calls, inOrder: replays.inOrder, mask: maskOf(run).json });
  try {
    return { ...run, completion: await runNative(entry, settled(run, 'params'), context), replayed: calls };
  } catch (thrown) {
    throw new Halt({ ...run, replayed: calls }, toTokaError(thrown));
  } finally {
    limited.end();
  }
}

/** Strangers' code stays in a sandbox, which holds nothing but that code. */
async function isolated(run: Run, entry: string, replays: Replaying, house: House): Promise<Run> {
  requireUnchanged(run, house);
  const { planIsolatedNative, requireEnforcement, runIsolatedNative } = await import('../../runtime/sandboxed.ts');
  const base = baseOf(run, replays);
  const { plan, input = '' } = planIsolatedNative(entry, {
    tool: settled(run, 'tool'),
    params: settled(run, 'params'),
    effective: new EffectiveSet([]),
    cwd: base.cwd,
    root: house.projectRoot ?? run.request.cwd,
    env: {},
    hidden: house.hidden,
    runId: base.runId,
    idempotencyKey: base.idempotencyKey,
    fallen: [],
    replays: { ...base, inOrder: replays.inOrder, secrets: secretsOf(run), calls: replays.calls.map(encodeCall) },
  });
  await requireEnforcement(plan, house.demand);
  const signal = boundSignal(run.request, house.clock);
  let replayed: readonly ReplayedCall[] | undefined;
  const completion = await runIsolatedNative(plan, input, {
    require: house.demand.require,
    ...(signal ? { signal } : {}),
    onOutput: () => undefined,
    onLog: () => undefined,
    onProgress: () => undefined,
    onCalls: (calls) => {
      replayed = calls.flatMap(replayedCall);
    },
  });
  return { ...run, completion, ...(replayed ? { replayed } : {}) };
}

function baseOf(run: Run, { capabilities, missing, root, variables }: Replaying): ReplayBase {
  return { runId: run.id, idempotencyKey: idempotencyKey(run), cwd: run.request.cwd, root, capabilities, missing, env: variables };
}

function replayedCall(value: unknown): ReplayedCall[] {
  const call = decodeCall(value);
  if (!call) return [];
  const { of } = value as { readonly of?: JsonValue };
  const { answer: _, ...said } = call;
  return [{ ...said, ...(typeof of === 'number' ? { of } : {}) }];
}
