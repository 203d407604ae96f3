import { isAbsolute, join, normalize, sep } from 'node:path';
import type { EngineDelivery } from '@toka/sdk';
import type { Principal } from '../../capability/principal.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import type { Journal } from '../../journal/contract.ts';
import { bytesOf } from '../../pipeline/recorded-completion.ts';
import { asResultError, RESULT_SCHEMA, resultUsage } from '../../pipeline/result.ts';
import type { RunResult, Toka, ToolRequest } from '../../toka.ts';
import { outputOf } from '../runs.ts';
import { type Order, parseOrder } from './order.ts';

/**
 * Carries out a run that a worker was given: begins it, goes on with it, or tells how it ended, by what the journal has of it.
 *
 * @throws TokaError What keeps it from being done: TOKA_INTEGRITY, TOKA_RUN_ACTIVE, TOKA_OUTCOME_UNKNOWN, …
 */
export async function carryOut(toka: Toka, delivery: EngineDelivery, bearer: (token: string) => Promise<Principal>): Promise<RunResult> {
  const { key, body, signal, attempt } = delivery;
  const order = parseOrder(key, body);
  const principal = await bearer(order.token);
  const journal = await toka.journal();
  const status = await statusOf(journal, key);
  if (status === undefined) {
    if (attempt > 1) await demandKnowable(toka, order, key);
    return toka.run({ ...requestOf(toka, order, principal), runId: key, signal });
  }
  if (status !== 'interrupted' && status !== 'running') return recordedResult(journal, key, principal);
  return toka.resume(await toka.interrupted(key), { principal, signal });
}

/** How a run ended that was not carried out. */
export function refusal(run: string, error: TokaError): RunResult {
  return { schema: RESULT_SCHEMA, runId: run, status: 'failed', output: '', error: asResultError(error), exitCode: null, artifacts: [], usage: resultUsage({ wallMs: 0, outputBytes: 0 }) };
}

async function statusOf(journal: Journal, run: string): Promise<string | undefined> {
  try {
    return (await journal.run(run)).status;
  } catch (error) {
    if (toTokaError(error).code === 'TOKA_RUN_UNKNOWN') return undefined;
    throw error;
  }
}

/** Where each worker has a journal of its own, nobody knows what the one did that is gone. */
async function demandKnowable(toka: Toka, { tool }: Order, run: string): Promise<void> {
  const { effect } = (await toka.findTool(tool)).tool;
  if (['none', 'read', 'idempotent'].includes(effect) || toka.places.storage.location?.includes('://') === true) return;
  throw new TokaError('TOKA_OUTCOME_UNKNOWN', `another worker began with ${tool} (${effect}, run ${run}), and what it did is not in the journal here`, {
    hint: 'look whether it was done, and run it again if not; a journal that all workers share answers this by itself: see docs/engines.md',
    data: { run },
  });
}

function requestOf(toka: Toka, { budget, folder, frozen, isFresh, params, record, timeoutMs, tool }: Order, principal: Principal): ToolRequest {
  const path = normalize(folder || '.');
  if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) throw new TokaError('TOKA_INTEGRITY', `expected a folder of the project, found ${folder}`);
  return {
    ...toka.request({ name: tool }, params),
    cwd: join(toka.root, path),
    principal,
    frozen,
    record,
    isFresh,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(budget === undefined ? {} : { budget }),
  };
}

/** Told to nobody but who may have it: whoever asks with another token is refused, as with a run that goes on. */
async function recordedResult(journal: Journal, run: string, { subject }: Principal): Promise<RunResult> {
  const events = (await journal.read(run)).map(({ event }) => event);
  const asked = events.find((event) => event.type === 'run.requested');
  const last = events.find((event) => event.type === 'run.finished');
  if (!last) throw new TokaError('TOKA_INTEGRITY', `expected the outcome of run ${run}, found none`, { hint: 'toka audit verify tells what is damaged' });
  if (asked?.principal !== subject) throw new TokaError('TOKA_RUN_FOREIGN', `run ${run} is not of who asks for its result`);
  const output = Buffer.from(await outputOf(events, 'stdout', journal)).toString('utf8');
  return {
    schema: RESULT_SCHEMA,
    runId: run,
    ...(asked.tool === undefined ? {} : { tool: asked.tool }),
    status: last.status,
    output,
    ...(last.data === undefined ? {} : { data: JSON.parse(Buffer.from(await bytesOf(last.data, journal)).toString('utf8')) as NonNullable<RunResult['data']> }),
    ...(last.error ? { error: last.error } : {}),
    exitCode: last.exitCode,
    artifacts: (last.artifacts ?? []).map(({ name }) => name),
    usage: resultUsage(last.usage),
  };
}
