import type { CallResult, ProcessResult, SpawnOptions } from '@toka/sdk';
import { EffectiveSet, type Permission } from '../capability/effective.ts';
import { printCapability } from '../capability/grammar.ts';
import { TokaError, type ErrorCode } from '../errors.ts';
import type { Level, Tool } from '../manifest/tool.ts';
import type { Step } from '../journal/events.ts';
import type { Children } from '../runtime/tool-context.ts';
import { callAnswer, processAnswer } from './answer.ts';
import type { Calls } from './calls.ts';
import type { LiveEvent } from './events.ts';
import type { House } from './house.ts';
import { secretsOf } from './mask.ts';
import type { ExecutionRequest, ToolRequest } from './request.ts';
import type { RunResult } from './result.ts';
import { type Run, settled } from './run.ts';

/** The child requests of a running tool: same pipeline, its own rights at the most. */
export function children(parent: Run, house: House, signal: AbortSignal, calls: Calls, handing?: Handing): Children {
  const caller: Caller = { parent, house, signal, calls, ...(handing ? { handing } : {}) };
  return {
    spawn: (argv, options) => spawn(caller, argv, options),
    call: (tool, params) => call(caller, tool, params),
  };
}

/** What a child has beside what its parent has in force, and what it may have at the most. */
export interface Handing {
  readonly permissions?: readonly Permission[];
  /** Default: what the parent has in force, and what is handed on beside it. */
  readonly reach?: EffectiveSet;
}

/** What toka itself lends to a program that is started, beside the rights of its parent. */
export interface Lent {
  readonly permissions: readonly Permission[];
  readonly level: Level;
}

/** The same, with more rights: for what a runtime does before code is started. */
export function spawnWith(lent: Lent, parent: Run, house: House, signal: AbortSignal, calls: Calls): Children['spawn'] {
  return (argv, options) => spawn({ parent, house, signal, calls, handing: { permissions: lent.permissions }, level: lent.level }, argv, options);
}

interface Caller {
  readonly handing?: Handing;
  readonly level?: Level;
  readonly parent: Run;
  readonly house: House;
  readonly signal: AbortSignal;
  readonly calls: Calls;
}

async function spawn(
  { parent, house, signal, calls, handing, level = settled(parent, 'tool').level }: Caller,
  argv: readonly [string, ...string[]],
  { capabilities, cwd, env = {}, input, onOutput, timeoutMs }: SpawnOptions,
): Promise<ProcessResult> {
  const { effective } = settled(parent, 'decision');
  const started = house.clock.now();
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const request: ToolRequest = {
    ...childOf(parent, signal, calls.place(), handing),
    model: 'tool',
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

async function call({ parent, house, signal, calls, handing }: Caller, tool: string, params: Readonly<Record<string, unknown>>): Promise<CallResult> {
  const onEvent = (event: LiveEvent): void => parent.request.onEvent?.(event);
  const flow = parent.request.flow?.through(settled(parent, 'tool'));
  const asked = { ...childOf(parent, signal, calls.place(), handing), model: 'tool', onEvent, params, target: { kind: 'named', name: tool }, ...(flow ? { flow } : {}) } as const;
  const answer = await answerOf(asked, calls, house);
  flow?.heard(await toolOf(tool, house), params, answer);
  return answer;
}

async function toolOf(name: string, house: House): Promise<Tool | undefined> {
  return house.findTool(name).then(
    ({ tool }) => tool,
    () => undefined,
  );
}

/** What came of a child: from the record, where it is there. */
export async function answerOf(asked: ExecutionRequest, calls: Calls, house: House): Promise<CallResult> {
  const { request, answer } = await calls.recall(asked);
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

/** What every child has of its parent. */
export function childOf(parent: Run, signal: AbortSignal, step: Step, { permissions = [], reach }: Handing = {}): Pick<ExecutionRequest, 'door' | 'cwd' | 'principal' | 'parent' | 'signal' | 'deny' | 'frozen' | 'record' | 'flow'> {
  const own = settled(parent, 'decision').effective;
  const handed = permissions.length === 0 ? own : new EffectiveSet([...own.permissions, ...permissions], own.carvedOut);
  return {
    door: 'tool',
    cwd: parent.request.cwd,
    principal: parent.request.principal.narrow(`run:${parent.id}`, reach ?? handed, parent.budget && parent.id),
    parent: { run: parent.id, step, permissions: handed.permissions, secrets: secretsOf(parent) },
    signal,
    ...(parent.request.deny === undefined ? {} : { deny: parent.request.deny }),
    ...(parent.request.frozen === undefined ? {} : { frozen: parent.request.frozen }),
    ...(parent.request.record === undefined ? {} : { record: parent.request.record }),
    ...(parent.request.flow === undefined ? {} : { flow: parent.request.flow }),
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
