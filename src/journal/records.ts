import { digestOf } from './blobs.ts';
import type { RunSummary } from './contract.ts';
import type { ApprovalDecided, Denied, RunEvent, Usage } from './events.ts';

/** One run as an auditor sees it: who did what with which parameters, what was decided and by whom, how it went. */
export interface AuditRecord {
  /** The position of its first event among all events, from 1. */
  readonly seq: number;
  readonly run: string;
  readonly parent?: string;
  /** The name of the journal that it was imported from: who did what there is what that journal said. */
  readonly importedFrom?: string;
  /** When it was pruned, ISO 8601 in UTC: what was asked, granted and used is not known any more. */
  readonly prunedAt?: string;
  /** When it was requested, ISO 8601 in UTC. */
  readonly time: string;
  readonly principal: string;
  /** The ids of the token that it acted with and of those that this was made from, the oldest first. */
  readonly tokens?: readonly string[];
  readonly door: string;
  readonly model: string;
  readonly tool?: string;
  readonly manifestHash?: string;
  /** SHA-256 of the parameters' JSON text as recorded, lower-case hex; empty where they were pruned. */
  readonly paramsDigest: string;
  readonly effect: string;
  readonly granted: readonly { readonly capability: string; readonly source?: string }[];
  readonly denied: readonly Denied[];
  readonly approvals: readonly Omit<ApprovalDecided, 'v' | 'type'>[];
  readonly outcome: RunSummary['status'];
  readonly exitCode?: number | null;
  readonly errorCode?: string;
  readonly usage?: Usage;
  /** How many events it has, and the hash of its chain up to the last, lower-case hex. */
  readonly events: number;
  readonly hash: string;
}

/** Makes the record of a run of its events, in order; the first is its request. */
export function recordOf(run: RunSummary, events: readonly RunEvent[], place: { readonly seq: number; readonly hash: string }): AuditRecord {
  const of = <T extends RunEvent['type']>(type: T): Extract<RunEvent, { type: T }>[] =>
    events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  const [requested] = of('run.requested');
  const [started] = of('run.started');
  const [finished] = of('run.finished');
  return {
    seq: place.seq,
    run: run.id,
    ...(run.parent === undefined ? {} : { parent: run.parent }),
    ...(run.importedFrom === undefined ? {} : { importedFrom: run.importedFrom }),
    ...(run.prunedAt === undefined ? {} : { prunedAt: new Date(run.prunedAt).toISOString() }),
    time: new Date(run.requestedAt).toISOString(),
    principal: run.principal,
    ...(requested?.tokens ? { tokens: requested.tokens } : {}),
    door: run.door,
    model: run.model,
    ...(run.tool === undefined ? {} : { tool: run.tool }),
    ...(requested?.manifestHash === undefined ? {} : { manifestHash: requested.manifestHash }),
    paramsDigest: requested ? digestOf(requested.params) : '',
    effect: run.effect,
    granted: (started?.effective ?? []).map((capability, at) => {
      const source = started?.sources?.[at];
      return source === undefined ? { capability } : { capability, source };
    }),
    denied: finished?.denied ?? [],
    approvals: of('approval.decided').map(({ capability, decision, by }) => ({ capability, decision, by })),
    outcome: run.status,
    ...(run.exitCode === undefined ? {} : { exitCode: run.exitCode }),
    ...(run.errorCode === undefined ? {} : { errorCode: run.errorCode }),
    ...(finished ? { usage: finished.usage } : {}),
    events: run.events,
    hash: place.hash,
  };
}
