import type { JsonValue } from '@toka/sdk';
import { type ErrorCode, TokaError } from '../../errors.ts';
import { hexDigest } from '../../digest.ts';
import type { Journal } from '../../journal/contract.ts';
import type { TapedCall } from '../../runtime/taped-call.ts';
import { boundsAgain, rightsAgain } from '../asked-again.ts';
import type { House } from '../house.ts';
import type { ExecutionRequest } from '../request.ts';
import type { RunResult } from '../result.ts';
import { divergenceOf, effectsAgain } from './divergence.ts';
import { type Ending, endingDifferences } from './ending.ts';
import { type Move, moveOf } from './move.ts';
import { type ChangedFile, REPLAY_SCHEMA, type ReplayReport, type ReplayRequest } from './report.ts';
import { bytesOf } from '../recorded-completion.ts';
import { filesOf, notRecorded, type Retellable, retellable, secretsFor, targetOf } from './retellable.ts';

/**
 * Really does once more what is on record, and compares: by who asks, with their rights of today, and of these at most what it had. It is a
 * run of its own, recorded like the first.
 *
 * @throws TokaError What kept it from being started, or from being compared.
 */
export async function again(house: House, found: Retellable, request: ReplayRequest, execute: (house: House, request: ExecutionRequest) => Promise<RunResult>): Promise<ReplayReport> {
  const { run: id, requested, started, recorded } = found;
  const { strict = false } = request;
  requireRepeatable(found);
  const journal = await house.journal();
  const move = moveOf(requested.project ?? requested.cwd, house.projectRoot ?? house.anchors.root);
  const { runId, error } = await execute(house, {
    model: 'tool',
    door: request.door,
    principal: request.principal.within(rightsAgain(started, move.capability)),
    ...(request.signal ? { signal: request.signal } : {}),
    ...(request.allow ? { allow: request.allow } : {}),
    ...(request.onEvent ? { onEvent: request.onEvent } : {}),
    ...boundsAgain(requested),
    ...(recorded.input ? { input: await bytesOf(recorded.input, journal) } : {}),
    cwd: move.path(requested.cwd),
    params: { ...(move.json(found.params as JsonValue) as Readonly<Record<string, JsonValue>>), ...secretsFor({ ...found, variables: [] }, request.params ?? {}).params },
    target: targetOf(found),
    record: true,
    repeats: id,
  });
  const now = await retellable(house, runId).catch((cause: unknown) => {
    if (error) throw new TokaError(error.code as ErrorCode, error.message, { cause, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    throw cause;
  });
  const isNative = (await house.findTool(requested.tool ?? '')).tool.executable.type === 'native';
  const divergence = divergenceOf(found.calls, effectsAgain(found.calls, now.calls.map((call) => callBack(call, move))), false);
  const differences = divergence ? [] : endingDifferences(found.ending, endingBack(now.ending, move), { isStrict: strict, isNative });
  return {
    schema: REPLAY_SCHEMA,
    run: id,
    tool: requested.tool ?? '',
    strict,
    same: !divergence && differences.length === 0,
    ...(divergence ? { divergence } : {}),
    differences,
    reexecuted: runId,
    changedFiles: changes(await sumsOf(found, journal), await sumsOf(now, journal), move),
  };
}

function requireRepeatable({ run, requested: { manifestHash, model, parent }, recorded }: Retellable): void {
  if (model !== 'tool') throw notRecorded(run, 'only tools are done once more to be compared', 'without --reexecute it is told again from its record');
  if (manifestHash === undefined) {
    throw notRecorded(run, 'of a command the variables are not on record', parent === undefined ? 'run it again' : `with the run that asked for it: toka runs replay ${parent} --reexecute`);
  }
  if (recorded.lost?.includes('input') === true) throw notRecorded(run, 'what it read on standard input was too large to be kept', 'run it again');
}

function callBack({ args, content, ...call }: TapedCall, { bytesBack, jsonBack }: Move): TapedCall {
  return { ...call, args: jsonBack(args), ...(content ? { content: bytesBack(content) } : {}) };
}

function endingBack({ stdout, stderr, data, error, ...ending }: Ending, { back, bytesBack, jsonBack }: Move): Ending {
  return {
    ...ending,
    stdout: bytesBack(stdout),
    stderr: bytesBack(stderr),
    ...(data === undefined ? {} : { data: jsonBack(data) }),
    ...(error ? { error: { ...error, message: back(error.message) } } : {}),
  };
}

/** What a process could read, and what a tool has read, by path. */
async function sumsOf({ recorded, calls }: Retellable, journal: Journal): Promise<Map<string, string>> {
  const files = (await filesOf(recorded, journal)).map(({ path, sha256 }): [string, string] => [path, sha256]);
  const reads = calls.flatMap(({ do: verb, args, answer: { bytes } }): [string, string][] => ((verb === 'read' || verb === 'stream') && bytes ? [[(args as { path: string }).path, hexDigest(bytes)]] : []));
  return new Map([...files, ...reads]);
}

function changes(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>, { path: moved }: Move): ChangedFile[] {
  const known = new Set([...before.keys()].map(moved));
  const gone = [...before].flatMap(([path, sum]): ChangedFile[] => {
    const found = now.get(moved(path));
    return found === sum ? [] : [{ path, before: sum, ...(found === undefined ? {} : { now: found }) }];
  });
  return [...gone, ...[...now].flatMap(([path, sum]): ChangedFile[] => (known.has(path) ? [] : [{ path, now: sum }]))];
}
