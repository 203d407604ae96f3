import { relative, resolve } from 'node:path';
import type { EngineConnection, EngineStanding, JsonObject } from '@toka/sdk';
import { MAX_LIFETIME } from '../../capability/token/tokens.ts';
import { readTokenFile } from '../../capability/token/open.ts';
import { TokaError } from '../../errors.ts';
import { createIds, systemClock, systemRandom } from '../../journal/ids.ts';
import { hasSecrets } from '../../manifest/secret-parts.ts';
import type { Tool } from '../../manifest/tool.ts';
import { localUser, type RunResult, type Toka, type ToolRequest } from '../../toka.ts';
import type { Door } from '../door.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { showResult } from '../run-result.ts';
import { connectEngine, orTold } from './find.ts';
import type { Order } from './order.ts';
import { parseTold } from './told.ts';

interface SubmitFlags {
  readonly detach: boolean;
  readonly engine: string;
  readonly json: boolean;
  readonly passthroughExit: boolean;
  readonly token: string | undefined;
}

/** `toka run NAME --engine ENGINE`: gives the run to the workers of an engine, and shows what becomes of it. */
export async function submitRun(toka: Toka, tool: Tool, request: ToolRequest, flags: SubmitFlags, door: Door): Promise<number> {
  demandFit(tool, request);
  const key = createIds(systemClock, systemRandom)();
  const body = await orderOf(toka, tool, request, flags, door);
  const engine = await connectEngine(flags.engine, toka, door);
  try {
    await orTold(async () => engine.submit({ key, body: JSON.parse(JSON.stringify(body)) as JsonObject }));
    if (flags.detach) {
      door.stdout.write(flags.json ? `${JSON.stringify({ schema: 'toka/engine-run/v1', runId: key, state: 'waiting' })}\n` : `${key}\n`);
      return 0;
    }
    return showResult(resultOf(await awaited(engine, key, door), key), 'native', flags, door);
  } finally {
    await engine.close();
  }
}

/** What is told of a run that has ended. */
function resultOf({ state, result }: EngineStanding, run: string): RunResult {
  if (state === 'done' && result) return parseTold(result, run);
  throw new TokaError('TOKA_CANCELLED', `the run ${run} was cancelled before a worker began with it`);
}

/** Ctrl-C cancels the run, and its end is awaited; the second leaves it to itself. */
async function awaited(engine: EngineConnection, key: string, door: Door): Promise<EngineStanding> {
  const interrupts = listenForInterrupts(door.stderr);
  try {
    return await orTold(async () => engine.result(key, interrupts.signal));
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    await orTold(async () => engine.cancel(key));
    return await orTold(async () => engine.result(key, new AbortController().signal));
  } finally {
    interrupts.end();
  }
}

/** What would be kept by the engine, and be read there, or cannot be sent. */
function demandFit(tool: Tool, { params }: ToolRequest): void {
  const secret = Object.keys(params).find((name) => hasSecrets(tool.params.properties[name] ?? {}));
  if (secret !== undefined) throw unfit(`its parameter ${secret} is a secret, which no engine is to keep`);
  if ('stdin' in tool.executable && tool.executable.stdin === 'inherit') throw unfit('it reads standard input');
}

function unfit(why: string): TokaError {
  return new TokaError('TOKA_ENGINE_UNSUPPORTED', `the run cannot be given to an engine: ${why}`, { hint: 'run it here: --engine here' });
}

async function orderOf(toka: Toka, tool: Tool, request: ToolRequest, flags: SubmitFlags, door: Door): Promise<Order> {
  const { budget, cwd, frozen = false, isFresh = false, params, record = false, timeoutMs } = request;
  return {
    v: 1,
    tool: tool.qualified,
    params: params as Order['params'],
    folder: relative(toka.root, cwd),
    token: await tokenFor(toka, request, flags, door),
    frozen,
    record,
    isFresh,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(budget === undefined ? {} : { budget: { ...budget } }),
  };
}

/** Says what the run may do as things stand here, and may not be handed on. Where somebody acts with a token it is made from that one. */
async function tokenFor(toka: Toka, request: ToolRequest, flags: SubmitFlags, door: Door): Promise<string> {
  const { decision } = await toka.decide(request);
  const capabilities = decision?.effective.permissions.map(({ capability }) => capability) ?? [];
  const tokens = await toka.tokens();
  const held = flags.token ?? door.env['TOKA_TOKEN_FILE'] ?? '';
  if (held !== '') return tokens.attenuate(readTokenFile(resolve(door.cwd, held)), { capabilities, depth: 0 }).text;
  const workspace = tokens.workspace(toka.root);
  return tokens.create({ subject: localUser(), capabilities, depth: 0, workspace, lifetime: MAX_LIFETIME }).text;
}
