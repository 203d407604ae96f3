import type { JsonValue } from '@toka/sdk';
import { reasonOf } from './reasons.ts';
import { printCapability } from '../capability/grammar.ts';
import { hexDigest } from '../digest.ts';
import { EXIT_CODES, type TokaError } from '../errors.ts';
import type { Keeper } from '../journal/blobs.ts';
import type { Bounds, Denied, ResumeRefused, Rights, RunEvent, RunFinished, RunOutput, RunRequested, RunResumed, Usage } from '../journal/events.ts';
import { partSecrets } from '../manifest/secret-parts.ts';
import type { Completion } from '../runtime/completion.ts';
import { printablePlan } from '../sandbox/plan.ts';
import type { House } from './house.ts';
import { maskOf } from './mask.ts';
import { recordedEvent } from './recorded-event.ts';
import type { ExecutionRequest } from './request.ts';
import type { Run } from './run.ts';

/** More pieces than this are recorded as one per stream: their order is then lost, their text is not. */
const MAX_PIECES = 200;

/** Whether a run changes nothing outside itself, so that intent and outcome can be one commit: by what it declares, and by what it can do. */
export function isHarmless({ tool, plan }: Run): boolean {
  if (tool === undefined) return true;
  return (tool.effect === 'none' || tool.effect === 'read') && plan?.mounts.some(({ access }) => access === 'write') !== true;
}

/** The events up to the intent. */
export function intentEvents(run: Run, house: House, keeper: Keeper): RunEvent[] {
  return [requested(run, house, keeper), ...run.approvals, ...(run.intendedMs === undefined ? [] : [{ v: 1, type: 'run.started', ...rights(run) } as const])];
}

/** The events of one who goes on with a run, up to the intent. */
export function resumedEvents(run: Run, events: readonly RunEvent[], house: House): RunEvent[] {
  const resumed: RunResumed = {
    v: 1,
    type: 'run.resumed',
    attempt: events.filter(({ type }) => type === 'run.resumed').length + 2,
    by: run.request.principal.subject,
    ...rights(run),
    toka: house.version,
    process: house.process(),
  };
  return [...run.approvals, resumed];
}

/** The events of one who was not let go on with a run; `error` is without secrets. */
export function refusedEvents({ approvals, request }: Run, { code, message, hint }: TokaError): RunEvent[] {
  const refused: ResumeRefused = { v: 1, type: 'resume.refused', by: request.principal.subject, error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  return [...approvals, refused];
}

/** When each of those events happened; they may be recorded later, with the outcome. */
export function intentTimes({ startedMs, approvals, intendedMs }: Run): number[] {
  const after = intendedMs ?? startedMs;
  return [startedMs, ...approvals.map(() => after), ...(intendedMs === undefined ? [] : [intendedMs])];
}

/** The events from the intent's end to the outcome; `error` is without secrets. */
export function outcomeEvents(run: Run, error: TokaError | undefined, usage: Usage, keeper: Keeper): RunEvent[] {
  const written = pieces(run.completion);
  const kept = maskOf(run).pieces(written);
  return [
    ...(run.cachedFrom === undefined ? [] : [{ v: 1, type: 'run.cached', from: run.cachedFrom } as const]),
    ...(run.conversed === undefined ? [] : [{ v: 1, type: 'agent.conversed', messages: keeper.json(maskOf(run).json(run.conversed as unknown as JsonValue)) } as const]),
    ...(run.recording ? [recordedEvent(run, run.recording, keeper)] : []),
    ...written.map((piece, at) => output(piece, kept[at]!.bytes, run.completion, keeper)),
    finished(run, error, usage, keeper),
  ];
}

export function outcomeStatus({ intendedMs }: Run, error: TokaError | undefined): RunFinished['status'] {
  if (!error) return 'succeeded';
  if (EXIT_CODES[error.code] === EXIT_CODES.TOKA_CAPABILITY_DENIED) return 'denied';
  if (error.code === 'TOKA_CANCELLED') return 'cancelled';
  if (error.code === 'TOKA_TIMED_OUT') return 'timed-out';
  if (error.code === 'TOKA_BUDGET_EXCEEDED') return intendedMs === undefined ? 'failed' : 'killed';
  return error.code.endsWith('_LIMIT') && EXIT_CODES[error.code] !== 75 ? 'killed' : 'failed';
}

/** What was asked. */
export function requested(run: Run, house: House, keeper: Keeper): RunRequested {
  const { request, tool } = run;
  return {
    v: 1,
    type: 'run.requested',
    model: request.model,
    tool: tool?.qualified ?? nameOf(request),
    params: keeper.json(withoutSecrets(run)),
    principal: request.principal.subject,
    ...(request.principal.bond ? { tokens: request.principal.bond.chain } : {}),
    ...(request.parent ? { parent: request.parent.run, step: request.parent.step } : {}),
    cwd: request.cwd,
    ...(house.projectRoot === undefined ? {} : { project: house.projectRoot }),
    door: request.door,
    effect: tool?.effect ?? 'none',
    ...(run.manifestHash === undefined ? {} : { manifestHash: run.manifestHash }),
    ...(run.drift ? { drift: run.drift } : {}),
    ...boundsOf(request),
    ...(request.repeats === undefined ? {} : { replays: request.repeats }),
    toka: house.version,
    process: house.process(),
  };
}

function boundsOf({ parent, timeoutMs, budget, deny = [], frozen, record }: ExecutionRequest): { bounds?: Bounds } {
  const bounds = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(budget ? { budget } : {}), ...(deny.length === 0 ? {} : { deny }), ...(frozen === true ? { frozen } : {}), ...(record === true ? { record } : {}) };
  return parent || Object.keys(bounds).length === 0 ? {} : { bounds };
}

function nameOf(request: ExecutionRequest): string {
  if (request.model === 'agent') return request.agent;
  if (request.model === 'code') return request.language;
  if (request.model === 'prompt') return request.route;
  return request.target.kind === 'named' ? request.target.name.slice(0, 200) : `command/${request.target.command.argv[0]}`;
}

/** The parameters as they are recorded: nothing of a secret but that there was one; nothing at all of a tool that is not known. */
function withoutSecrets(run: Run): JsonValue {
  const { tool, params, request } = run;
  if (!tool) return {};
  const entries = Object.entries(params ?? request.params).filter(([name]) => Object.hasOwn(tool.params.properties, name));
  return maskOf(run).json(partSecrets(tool.params, Object.fromEntries(entries)).clean as JsonValue);
}

function rights(run: Run): Rights {
  const { decision, plan, tool } = run;
  const mask = maskOf(run);
  const permissions = decision?.effective.permissions ?? [];
  const unsecret = permissions.filter(({ exceptSecrets }) => exceptSecrets === true);
  return {
    effective: permissions.map(({ capability }) => printCapability(capability)),
    sources: permissions.map(({ source }) => source),
    ...(unsecret.length === 0 ? {} : { exceptSecrets: unsecret.map(({ capability }) => printCapability(capability)) }),
    carvedOut: decision?.effective.carvedOut.map(printCapability) ?? [],
    level: tool?.level ?? 'restricted',
    ...(plan ? { planDigest: hexDigest(mask.text(JSON.stringify(printablePlan(plan)))), command: plan.argv.map(mask.text) } : {}),
  };
}

function pieces(completion: Completion | undefined): Completion['pieces'] {
  const all = completion?.pieces ?? [];
  if (all.length <= MAX_PIECES) return all;
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const bytes = Buffer.concat(all.filter((piece) => piece.stream === stream).map((piece) => piece.bytes));
    return bytes.length === 0 ? [] : [{ stream, bytes }];
  });
}

function output({ stream, bytes }: Completion['pieces'][number], kept: Uint8Array, completion: Completion | undefined, keeper: Keeper): RunOutput {
  return { v: 1, type: 'run.output', stream, kept: keeper.output(kept), bytes: bytes.byteLength, truncated: completion?.truncated === true };
}

/** What was missing when the run was denied: nothing that a person granted, and what a person refused with that as its reason. */
function denied({ decision, approvals }: Run): Denied[] {
  return (decision?.missing ?? []).flatMap(({ capability, lack }) => {
    const name = printCapability(capability);
    const answer = approvals.find((approval) => approval.capability === name);
    if (answer && answer.decision !== 'deny') return [];
    return [{ capability: name, reason: answer ? `denied by ${answer.by}` : reasonOf(lack) }];
  });
}

function finished(run: Run, error: TokaError | undefined, usage: Usage, keeper: Keeper): RunFinished {
  const { artifacts, completion, data } = run;
  return {
    v: 1,
    type: 'run.finished',
    status: outcomeStatus(run, error),
    exitCode: completion?.exitCode ?? null,
    ...(error ? { error: { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } } : {}),
    ...(error?.code === 'TOKA_CAPABILITY_DENIED' && run.decision ? { denied: denied(run) } : {}),
    usage,
    ...(data === undefined ? {} : { data: keeper.json(maskOf(run).json(data)) }),
    ...(artifacts === undefined ? {} : { artifacts: artifacts.map(({ name, content }) => ({ name, ...keeper.file(content) })) }),
  };
}

