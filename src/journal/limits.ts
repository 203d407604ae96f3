import { TokaError } from '../errors.ts';
import { CONTENTS_LIMIT } from './blobs.ts';
import type { BlobRef, Kept, RunEvent } from './events.ts';

/** Says what a field must be where its value is not that. */
type Check = (value: unknown) => string | undefined;

type Fields = Readonly<Record<string, Check>>;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of JSON that one event may take. */
const EVENT_LIMIT = 4 * MIB;
/** Bytes that one blob may take. */
export const BLOB_LIMIT = 64 * MIB;
/** Characters of an error's text; what is longer is cut, since no outcome may be lost to a long message. */
const TEXT_LIMIT = 8 * KIB;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;

const when =
  (holds: (value: unknown) => boolean, expected: string): Check =>
  (value) =>
    holds(value) ? undefined : expected;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);
const oneOf = (...values: readonly string[]): Check => when((value) => values.includes(value as string), `one of ${values.join(', ')}`);
const text = (max: number): Check =>
  when((value) => typeof value === 'string' && value.length <= max, `a string of at most ${max} characters`);
const matching = (pattern: RegExp, expected: string): Check => when((value) => typeof value === 'string' && pattern.test(value), expected);
const count: Check = when((value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number from 0');
const figure: Check = when((value) => Number.isFinite(value) && (value as number) >= 0, 'a number from 0');
const integer: Check = when(Number.isSafeInteger, 'a whole number');
const boolean: Check = when((value) => typeof value === 'boolean', 'true or false');
const list = (check: Check, max: number): Check =>
  when(
    (value) => Array.isArray(value) && value.length <= max && value.every((item) => check(item) === undefined),
    `a list of at most ${max} items`,
  );

const object = (fields: Fields): Check => {
  const checks = Object.entries(fields);
  return (value) => {
    if (!isObject(value)) return 'an object';
    for (const [name, check] of checks) {
      const expected = check(value[name]);
      if (expected !== undefined) return `an object whose ${name} is ${expected}`;
    }
    return undefined;
  };
};

const sha256 = matching(SHA256, 'a SHA-256 in lower-case hex');
const uuid = matching(UUID, 'a UUID in lower-case hex');
const path = text(16 * KIB);
const name = text(KIB);
const blobRef = object({ blob: sha256, bytes: count });
const kept: Check = (value) => (isObject(value) && 'inline' in value ? undefined : blobRef(value));
const keptText: Check = (value) => (isObject(value) && 'inline' in value ? text(64 * KIB)(value['inline']) : blobRef(value));
const measured = optional(object({ value: figure, source: oneOf('cgroup', 'sampled', 'process') }));
const usedModel = optional(
  object({ inputTokens: optional(count), outputTokens: optional(count), cachedTokens: optional(count), cacheWriteTokens: optional(count), reasoningTokens: optional(count), microdollars: optional(count) }),
);
const traffic = optional(object({ connections: count, refused: count, sent: count, received: count }));

const identity = object({ pid: count, start: optional(count), boot: optional(name), namespace: optional(name), machine: optional(name) });
const failure = object({ code: name, message: text(TEXT_LIMIT), hint: optional(text(TEXT_LIMIT)) });
const rights: Fields = {
  effective: list(path, 10_000),
  sources: optional(list(path, 10_000)),
  exceptSecrets: optional(list(path, 10_000)),
  carvedOut: optional(list(path, 10_000)),
  level: oneOf('restricted', 'standard', 'elevated'),
  planDigest: optional(sha256),
  command: optional(list(text(2 * MIB), 100_000)),
};

const FIELDS: Readonly<Record<RunEvent['type'], Fields>> = {
  'run.requested': {
    model: oneOf('tool', 'code', 'agent', 'prompt'),
    tool: optional(name),
    params: kept,
    principal: name,
    tokens: optional(list(name, 1000)),
    parent: optional(uuid),
    step: optional(object({ position: count, command: optional(sha256) })),
    cwd: path,
    project: optional(path),
    door: name,
    effect: oneOf('none', 'read', 'idempotent', 'external', 'privileged'),
    manifestHash: optional(sha256),
    drift: optional(object({ decision: oneOf('once', 'update', 'stop'), by: name })),
    bounds: optional(object({ timeoutMs: optional(figure), budget: optional(object({ calls: optional(figure), wall: optional(figure), cpu: optional(figure), bytes: optional(figure), tokens: optional(figure), money: optional(figure) })), deny: optional(list(path, 1000)), frozen: optional(boolean), record: optional(boolean) })),
    replays: optional(uuid),
    toka: name,
    process: identity,
  },
  'approval.decided': { capability: path, decision: oneOf('once', 'session', 'always', 'deny'), by: name },
  'run.started': rights,
  'run.acted': {},
  'run.resumed': { ...rights, attempt: count, by: name, toka: name, process: identity },
  'resume.refused': { by: name, error: failure },
  'run.marked': { as: oneOf('succeeded', 'failed'), by: name },
  'run.cached': { from: uuid },
  'agent.began': { spec: sha256, route: name, context: optional(kept), session: optional(uuid), after: optional(uuid) },
  'agent.steered': { step: count, text: keptText },
  'agent.tasks': { tasks: kept },
  'agent.kept': { path, before: when((value) => value === null || blobRef(value) === undefined, 'a blob or null') },
  'agent.compacted': { step: count, before: count, after: count },
  'agent.conversed': { messages: kept },
  'run.recorded': {
    calls: kept,
    files: kept,
    missing: list(path, 10_000),
    toolDigest: optional(sha256),
    input: optional(keptText),
    lost: optional(list(oneOf('input', 'calls', 'files'), 3)),
    contents: list(blobRef, CONTENTS_LIMIT),
  },
  'run.output': { stream: oneOf('stdout', 'stderr'), kept: keptText, bytes: count, truncated: boolean },
  'run.finished': {
    status: oneOf('succeeded', 'failed', 'denied', 'cancelled', 'timed-out', 'killed'),
    exitCode: when((value) => value === null || integer(value) === undefined, 'a whole number or null'),
    error: optional(failure),
    denied: optional(list(object({ capability: path, reason: path }), 10_000)),
    usage: object({ wallMs: figure, outputBytes: count, cpuMs: measured, maxRssBytes: measured, traffic, model: usedModel }),
    data: optional(kept),
    artifacts: optional(list(object({ name, blob: sha256, bytes: count }), 1000)),
  },
  'run.imported': { origin: name, exportedAt: name, file: sha256, by: name, toka: name },
  'run.pruned': { events: count, stateHash: sha256, timesHash: sha256, rule: name, by: name, toka: name },
};

const CHECKS: ReadonlyMap<unknown, readonly (readonly [field: string, check: Check])[]> = new Map(Object.entries(FIELDS).map(([type, fields]) => [type, Object.entries(fields)]));

/**
 * Says what is wrong with a value that should be an event. Fields it does not know are left alone, so that a newer version may add some.
 *
 * @param value Anything, for instance parsed from a stored record.
 * @returns What was expected, or undefined if the value is an event.
 */
export function describeFault(value: unknown): string | undefined {
  if (!isObject(value)) return 'expected an object';
  const checks = CHECKS.get(value['type']);
  if (!checks) return `expected type to be one of ${Object.keys(FIELDS).join(', ')}`;
  if (value['v'] !== 1) return 'expected v to be 1';
  for (const [field, check] of checks) {
    const expected = check(value[field]);
    if (expected !== undefined) return `expected ${field} to be ${expected}`;
  }
  return undefined;
}

/** Whether a value says of itself that it is an event that is known here. */
export function isOfKnownType(value: unknown): value is RunEvent {
  return isObject(value) && value['v'] === 1 && CHECKS.has(value['type']);
}

export interface Admitted {
  readonly event: RunEvent;
  readonly body: string;
}

/**
 * Checks an event once, before it is stored.
 *
 * @param event The event; a text of its error that is too long is cut.
 * @returns The event as it will be read back, and its JSON text.
 * @throws TokaError `TOKA_EVENT_INVALID` for a field outside its limits.
 */
export function admit(event: RunEvent): Admitted {
  const fitting = fit(event);
  const fault = describeFault(fitting);
  if (fault !== undefined) throw invalid(`${event.type}: ${fault}`);
  const body = JSON.stringify(fitting);
  const bytes = Buffer.byteLength(body);
  if (bytes > EVENT_LIMIT) throw invalid(`${event.type}: expected at most ${EVENT_LIMIT} bytes, found ${bytes}`);
  return { event: fitting, body };
}

/** @throws TokaError `TOKA_EVENT_INVALID` if it is not a UUID in lower-case hex. */
export function checkRunId(run: string): void {
  const expected = uuid(run);
  if (expected !== undefined) throw invalid(`expected a run's id to be ${expected}, found ${JSON.stringify(run.slice(0, 64))}`);
}

/** The blobs that an event names. */
export function blobsOf(event: RunEvent): BlobRef[] {
  const named = keptOf(event).flatMap((value) => ('blob' in value ? [value] : []));
  if (event.type === 'run.recorded') return [...named, ...event.contents];
  return event.type === 'run.finished' ? [...named, ...(event.artifacts ?? [])] : named;
}

function keptOf(event: RunEvent): Kept[] {
  if (event.type === 'run.requested') return [event.params];
  if (event.type === 'run.output') return [event.kept];
  if (event.type === 'agent.steered') return [event.text];
  if (event.type === 'agent.tasks') return [event.tasks];
  if (event.type === 'agent.conversed') return [event.messages];
  if (event.type === 'agent.kept') return event.before ? [event.before] : [];
  if (event.type === 'run.recorded') return [event.calls, event.files, ...(event.input ? [event.input] : [])];
  return event.type === 'run.finished' && event.data ? [event.data] : [];
}

export function invalid(message: string): TokaError {
  return new TokaError('TOKA_EVENT_INVALID', message, {
    hint: 'this is a defect of toka: run again with --debug and report what it prints',
  });
}

function fit(event: RunEvent): RunEvent {
  if ((event.type !== 'run.finished' && event.type !== 'resume.refused') || !event.error) return event;
  const { code, message, hint } = event.error;
  return { ...event, error: { code, message: cut(message), ...(hint !== undefined && { hint: cut(hint) }) } };
}

function cut(value: string): string {
  return value.length <= TEXT_LIMIT ? value : `${value.slice(0, TEXT_LIMIT - 1)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
