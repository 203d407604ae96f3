import type { RunFacts } from '@toka/sdk';
import { digestOf } from '../blobs.ts';
import type { Journal } from '../contract.ts';
import type { RunEvent, RunFinished, RunRequested } from '../events.ts';
import type { PlacedEvent } from '../feed.ts';

export interface FactsFilter {
  /** Only runs requested at this time or later, milliseconds since 1970. */
  readonly since?: number;
  readonly tool?: string;
}

/** A run whose end has not come yet. */
interface Open {
  readonly requested: RunRequested;
  readonly requestedAt: number;
  readonly parentTool: string | undefined;
  startedAt?: number;
  capabilities: readonly string[];
}

/** What analysers are told of each run that has ended, in the order in which they ended. Only those that go on are kept meanwhile. */
export async function* factsOf(journal: Pick<Journal, 'feed' | 'run'>, { since = -Infinity, tool }: FactsFilter): AsyncGenerator<RunFacts, void, undefined> {
  const open = new Map<string, Open>();
  const isAsked = (facts: RunFacts): boolean => tool === undefined || facts.tool === tool;
  for await (const { events } of journal.feed.read(await startOf(journal, since), await journal.feed.end())) {
    for (const event of events) {
      const facts = follow(open, event, since);
      if (facts && isAsked(facts)) yield facts;
    }
  }
  for (const [id, run] of open) {
    if ((await journal.run(id)).status !== 'interrupted') continue;
    const facts = factsFrom(id, run);
    if (isAsked(facts)) yield facts;
  }
}

/** After which position there is something that was recorded since then. */
async function startOf({ feed }: Pick<Journal, 'feed'>, since: number): Promise<number> {
  if (since === -Infinity) return 0;
  for await (const { position } of feed.find({ type: 'run.requested', from: since }, 'oldest')) return position - 1;
  return feed.end();
}

function follow(open: Map<string, Open>, { run: id, time, event }: PlacedEvent, since: number): RunFacts | undefined {
  if (event.type === 'run.requested') {
    if (time >= since) open.set(id, { requested: event, requestedAt: time, parentTool: event.parent === undefined ? undefined : nameOf(open.get(event.parent)), capabilities: [] });
    return undefined;
  }
  const run = open.get(id);
  if (!run) return undefined;
  note(run, event, time);
  if (event.type !== 'run.finished') return undefined;
  open.delete(id);
  return factsFrom(id, run, { ...event, time });
}

function note(run: Open, event: RunEvent, time: number): void {
  if (event.type === 'run.started') run.startedAt = time;
  if (event.type === 'run.started' || event.type === 'run.resumed') run.capabilities = event.effective;
}

function factsFrom(id: string, { requested, requestedAt, startedAt, parentTool, capabilities }: Open, finished?: RunFinished & { readonly time: number }): RunFacts {
  const { principal, params, parent } = requested;
  const isEmpty = 'inline' in params && JSON.stringify(params.inline) === '{}';
  return {
    id,
    tool: requested.tool ?? requested.model,
    status: finished?.status ?? 'interrupted',
    principal,
    ...(finished?.error && { error: { code: finished.error.code, message: finished.error.message } }),
    ...(typeof finished?.exitCode === 'number' && { exitCode: finished.exitCode }),
    denied: (finished?.denied ?? []).map(({ capability }) => capability),
    requestedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(finished && { finishedAt: finished.time, ...used(finished) }),
    capabilities,
    ...(parent !== undefined && { parent: { id: parent, ...(parentTool !== undefined && { tool: parentTool }) } }),
    ...(isEmpty ? {} : { parametersDigest: digestOf(params) }),
  };
}

function used({ usage: { wallMs, outputBytes, cpuMs, maxRssBytes, traffic } }: RunFinished): Pick<RunFacts, 'wallMs' | 'outputBytes' | 'cpuMs' | 'maxRssBytes' | 'connections'> {
  return {
    wallMs,
    outputBytes,
    ...(cpuMs && { cpuMs: cpuMs.value }),
    ...(maxRssBytes && { maxRssBytes: maxRssBytes.value }),
    ...(traffic && { connections: traffic.connections }),
  };
}

function nameOf(run: Open | undefined): string | undefined {
  return run && (run.requested.tool ?? run.requested.model);
}
