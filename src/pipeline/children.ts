import type { CallResult, ProcessResult, SpawnOptions } from '@toka/sdk';
import { EffectiveSet, type Permission } from '../capability/effective.ts';
import { printCapability } from '../capability/grammar.ts';
import { TokaError, type ErrorCode } from '../errors.ts';
import type { Level } from '../manifest/tool.ts';
import type { Step } from '../journal/events.ts';
import type { Children } from '../runtime/tool-context.ts';
import { callAnswer, processAnswer } from './answer.ts';
import type { Calls } from './calls.ts';
import type { LiveEvent } from './events.ts';
import type { House } from './house.ts';
import { secretsOf } from './mask.ts';
import type { ToolRequest } from './request.ts';
import type { RunResult } from './result.ts';
import { type Run, settled } from './run.ts';

/** The child requests of a running tool: same pipeline, its own rights at the most. */
export function children(parent: Run, house: House, signal: AbortSignal, calls: Calls): Children {
  return {
    spawn: (argv, options) => spawn({ parent, house, signal, calls }, argv, options),
    call: (tool, params) => call({ parent, house, signal, calls }, tool, params),
  };
}

/** What toka itself lends to a child, beside the rights of its parent. */
export interface Lent {
  readonly permissions: readonly Permission[];
  readonly level: Level;
}

/** The same, with more rights: for what a runtime does before code is started. */
export function spawnWith(lent: Lent, parent: Run, house: House, signal: AbortSignal, calls: Calls): Children['spawn'] {
  return (argv, options) => spawn({ parent, house, signal, calls, lent }, argv, options);
}

interface Caller {
  readonly lent?: Lent;
  readonly parent: Run;
  readonly house: House;
  readonly signal: AbortSignal;
  readonly calls: Calls;
}

async function spawn(
  { parent, house, signal, calls, lent }: Caller,
  argv: readonly [string, ...string[]],
  { capabilities, cwd, env = {}, input, onOutput, timeoutMs }: SpawnOptions,
): Promise<ProcessResult> {
  const { effective } = settled(parent, 'decision');
  const level = lent?.level ?? settled(parent, 'tool').level;
  const started = house.clock.now();
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const request: ToolRequest = {
    ...childOf(parent, signal, calls.place(), lent),
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
  };
  const { request: asked, answer } = await calls.recall(request);
  if (answer) return processAnswer(answer, house);
  const { run, result } = await house.child(asked);
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

async function call({ parent, house, signal, calls }: Caller, tool: string, params: Readonly<Record<string, unknown>>): Promise<CallResult> {
  const onEvent = (event: LiveEvent): void => parent.request.onEvent?.(event);
  const { request, answer } = await calls.recall({ ...childOf(parent, signal, calls.place()), onEvent, params, target: { kind: 'named', name: tool } });
  if (answer) return callAnswer(answer, house);
  const { result } = await house.child(request);
  return {
    runId: result.runId,
    status: result.status,
    output: result.output,
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.error ? { error: result.error } : {}),
  };
}

function childOf(parent: Run, signal: AbortSignal, step: Step, lent?: Lent): Pick<ToolRequest, 'model' | 'door' | 'cwd' | 'principal' | 'parent' | 'signal' | 'frozen' | 'record'> {
  const own = settled(parent, 'decision').effective;
  const effective = lent ? new EffectiveSet([...own.permissions, ...lent.permissions], own.carvedOut) : own;
  return {
    model: 'tool',
    door: 'tool',
    cwd: parent.request.cwd,
    principal: parent.request.principal.narrow(`run:${parent.id}`, effective, parent.budget && parent.id),
    parent: { run: parent.id, step, permissions: effective.permissions, secrets: secretsOf(parent) },
    signal,
    ...(parent.request.frozen === undefined ? {} : { frozen: parent.request.frozen }),
    ...(parent.request.record === undefined ? {} : { record: parent.request.record }),
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
