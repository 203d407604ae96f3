import type { CallResult, JsonObject } from '@toka/sdk';
import type { Tool } from '../manifest/tool.ts';
import type { AgentHost, AgentOrder, Flow, LabelledResult } from '../pipeline/agent/port.ts';
import { told } from './answer.ts';
import type { AskedCall } from './conversation.ts';
import type { Desk } from './desk.ts';
import type { Hooks } from './hooks/hooks.ts';
import { originsOfProof } from './proof.ts';
import type { OwnAnswer } from './own/own-tool.ts';

/** What came of the calls of one step. */
export interface Carried {
  readonly results: readonly LabelledResult[];
  /** What only a person could say, where nobody is there. */
  readonly missing?: NonNullable<OwnAnswer['missing']>;
}

/** Carries out what the model asks for, in its order; calls that change nothing beside each other. */
export class Carrier {
  readonly #order: AgentOrder;
  readonly #host: AgentHost;
  readonly #desk: Desk;
  readonly #hooks: Hooks;
  readonly #openFlow: (answered: readonly LabelledResult[]) => Flow;
  /** Tools that were denied and have not run since, with the error of the last denial. */
  readonly #denied = new Map<string, CallResult['error']>();

  constructor(order: AgentOrder, host: AgentHost, desk: Desk, hooks: Hooks, openFlow: (answered: readonly LabelledResult[]) => Flow) {
    this.#hooks = hooks;
    this.#openFlow = openFlow;
    this.#order = order;
    this.#host = host;
    this.#desk = desk;
  }

  /** What was denied, and not made good since. */
  get denied(): ReadonlyMap<string, CallResult['error']> {
    return this.#denied;
  }

  async carry(calls: readonly AskedCall[]): Promise<Carried> {
    const results: LabelledResult[] = [];
    let missing: Carried['missing'];
    for (const batch of batches(calls, (call) => this.#isHarmless(call))) {
      this.#host.signal.throwIfAborted();
      // What came of earlier calls of this step may be what a later one reads.
      const answered = [...results];
      for (const done of await Promise.all(batch.map(async (call) => this.#one(call, answered)))) {
        results.push(done.result);
        missing ??= done.missing;
      }
    }
    return { results, ...(missing ? { missing } : {}) };
  }

  async #one(call: AskedCall, answered: readonly LabelledResult[]): Promise<{ readonly result: LabelledResult; readonly missing?: OwnAnswer['missing'] }> {
    const { id, name, params } = call;
    const tool = this.#desk.tool(name);
    this.#host.emit({ type: 'call-began', id, tool: tool?.qualified ?? name, params });
    const answer = await this.#answer(call, tool, answered);
    const { isError = false, missing, origins, output, run } = answer;
    this.#host.emit({ type: 'call-ended', id, tool: tool?.qualified ?? name, status: answer.status ?? (isError ? 'failed' : 'succeeded'), summary: summaryOf(output) });
    return { result: { id, name, output, ...(isError ? { isError } : {}), origins, ...(run === undefined ? {} : { run }) }, ...(missing ? { missing } : {}) };
  }

  async #answer({ malformed, name, params }: AskedCall, tool: Tool | undefined, answered: readonly LabelledResult[]): Promise<OwnAnswer & { readonly status?: CallResult['status'] }> {
    if (malformed !== undefined) return { output: `expected the parameters of ${name} as one JSON object, found ${malformed.slice(0, 200)}`, isError: true, origins: ['system'] };
    const own = this.#desk.own(name);
    const flow = this.#openFlow(answered);
    if (own) return own.run(params, { flow });
    if (!tool) return { output: `there is no tool ${name}: tool_search finds those that there are`, isError: true, origins: ['system'] };
    if (this.#order.isPlanning && !changesNothing(tool)) return { output: `${name} changes something, and this is planning: put it into the plan`, isError: true, origins: ['system'] };
    return this.#call(tool, params, flow);
  }

  async #call(tool: Tool, params: JsonObject, flow: Flow): Promise<OwnAnswer & { readonly status: CallResult['status'] }> {
    const stopped = await this.#hooks.stop('before-tool', { params }, tool);
    if (stopped !== undefined) return this.#blocked(tool, stopped);
    const result = await this.#host.call(tool.qualified, params, { flow });
    this.#note(tool, result);
    const held = await this.#hooks.stop('after-tool', { params, result: { status: result.status, output: result.output, ...(result.data === undefined ? {} : { data: result.data }) } }, tool);
    if (held !== undefined) return { ...this.#blocked(tool, held), run: result.runId };
    return { output: told(result), ...(result.status === 'succeeded' ? {} : { isError: true }), origins: flow.origins(tool, params, result), run: result.runId, status: result.status };
  }

  #blocked(tool: Tool, why: string): OwnAnswer & { readonly status: 'denied' } {
    this.#note(tool, { status: 'denied', error: { code: 'TOKA_HOOK_BLOCKED', message: why } });
    return { output: why, isError: true, origins: originsOfProof(this.#host), status: 'denied' };
  }

  #note({ qualified }: Tool, { status, error }: Pick<CallResult, 'status' | 'error'>): void {
    if (status === 'denied') this.#denied.set(qualified, error);
    if (status === 'succeeded') this.#denied.delete(qualified);
  }

  #isHarmless({ name }: AskedCall): boolean {
    const tool = this.#desk.tool(name);
    return tool ? changesNothing(tool) && !this.#hooks.concern(tool) : name !== 'start_agent' && name !== 'run_code';
  }
}

function changesNothing({ capabilities, effect }: Tool): boolean {
  return (effect === 'none' || effect === 'read') && ![...capabilities.required, ...capabilities.optional].some((capability) => capability.startsWith('fs:write'));
}

/** Neighbours that may go beside each other; each other call by itself. */
function batches(calls: readonly AskedCall[], isHarmless: (call: AskedCall) => boolean): AskedCall[][] {
  const found: AskedCall[][] = [];
  let open = false;
  for (const call of calls) {
    const harmless = isHarmless(call);
    if (harmless && open) found.at(-1)?.push(call);
    else found.push([call]);
    open = harmless;
  }
  return found;
}

function summaryOf(output: unknown): string {
  const text = (typeof output === 'string' ? output : JSON.stringify(output)).trim();
  const [line = ''] = text.split('\n');
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

