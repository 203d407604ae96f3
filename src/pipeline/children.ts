import type { CallResult, ProcessResult, SpawnOptions } from '@toka/sdk';
import type { Permission } from '../capability/effective.ts';
import { printCapability } from '../capability/grammar.ts';
import { TokaError, type ErrorCode } from '../errors.ts';
import type { Children } from '../runtime/tool-context.ts';
import type { LiveEvent } from './events.ts';
import type { House } from './house.ts';
import { secretsOf } from './mask.ts';
import type { ToolRequest } from './request.ts';
import type { RunResult } from './result.ts';
import { type Run, settled } from './run.ts';

/** The child requests of a running tool: same pipeline, its own rights at the most. */
export function children(parent: Run, house: House, signal: AbortSignal): Children {
  return {
    spawn: (argv, options) => spawn(parent, house, signal, argv, options),
    call: (tool, params) => call(parent, house, signal, tool, params),
  };
}

async function spawn(
  parent: Run,
  house: House,
  signal: AbortSignal,
  argv: readonly [string, ...string[]],
  { capabilities, cwd, env = {}, input, onOutput, timeoutMs }: SpawnOptions,
): Promise<ProcessResult> {
  const { effective } = settled(parent, 'decision');
  const { level } = settled(parent, 'tool');
  const started = house.clock.now();
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const { run, result } = await house.child({
    ...childOf(parent, signal),
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(input === undefined ? {} : { input: Buffer.from(input) }),
    onEvent: (event) => {
      if (event.type === 'output') onOutput?.(event.stream, decoders[event.stream].decode(event.chunk, { stream: true }));
      parent.request.onEvent?.(event);
    },
    params: {},
    target: {
      kind: 'command',
      command: { argv, level, limits: {}, env, capabilities: capabilities ?? effective.permissions.flatMap(inherited) },
    },
  });
  // A budget that is used up is its parent's as well.
  if (!run.completion || result.error?.code === 'TOKA_BUDGET_EXCEEDED') throw refused(result);
  const { completion } = run;
  return {
    exitCode: completion.exitCode,
    stdout: completion.output,
    stderr: Buffer.concat(completion.pieces.filter(({ stream }) => stream === 'stderr').map(({ bytes }) => bytes)).toString('utf8'),
    ...(completion.stopped === undefined ? {} : { stopped: completion.stopped }),
    truncated: completion.truncated,
    wallMs: house.clock.now() - started,
  };
}

async function call(
  parent: Run,
  house: House,
  signal: AbortSignal,
  tool: string,
  params: Readonly<Record<string, unknown>>,
): Promise<CallResult> {
  const onEvent = (event: LiveEvent): void => parent.request.onEvent?.(event);
  const { result } = await house.child({ ...childOf(parent, signal), onEvent, params, target: { kind: 'named', name: tool } });
  return {
    runId: result.runId,
    status: result.status,
    output: result.output,
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.error ? { error: result.error } : {}),
  };
}

function childOf(parent: Run, signal: AbortSignal): Pick<ToolRequest, 'model' | 'door' | 'cwd' | 'principal' | 'parent' | 'signal' | 'frozen'> {
  const { effective } = settled(parent, 'decision');
  return {
    model: 'tool',
    door: 'tool',
    cwd: parent.request.cwd,
    principal: parent.request.principal.narrow(`run:${parent.id}`, effective, parent.budget && parent.id),
    parent: { run: parent.id, permissions: effective.permissions, secrets: secretsOf(parent) },
    signal,
    ...(parent.request.frozen === undefined ? {} : { frozen: parent.request.frozen }),
  };
}

/** What a spawned process gets unless told otherwise: the files and variables of its parent. */
function inherited({ capability }: Permission): string[] {
  return capability.domain === 'fs' || capability.domain === 'env' ? [printCapability(capability)] : [];
}

function refused({ error }: RunResult): TokaError {
  return new TokaError((error?.code ?? 'TOKA_INTERNAL') as ErrorCode, error?.message ?? 'the process was not started', {
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
    ...(error?.data === undefined ? {} : { data: error.data }),
  });
}
