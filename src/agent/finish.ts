import type { CallResult, JsonObject, JsonValue } from '@toka/sdk';
import type { AgentHost, AgentOrder, AgentOutcome, Origin } from '../pipeline/agent/port.ts';
import { jsonIn } from './answer.ts';
import type { Carrier } from './carry.ts';
import { originsOfProof, prove } from './proof.ts';
import type { Tasks } from './tasks.ts';

/** Times that a model is told what does not hold yet. */
const MOST_ROUNDS = 3;
/** Times that it is told that its answer has not the form that was asked for. */
const MOST_FORMS = 2;

/** What a model that says that it is done is told: to go on, or nothing more. */
export type Ending =
  | { readonly kind: 'done'; readonly data?: JsonValue; readonly failure?: NonNullable<AgentOutcome['failure']> }
  | { readonly kind: 'again'; readonly why: string; /** Where what it holds of outputs comes from. */ readonly origins?: readonly Origin[]; readonly data?: undefined; readonly failure?: undefined };

/** Decides whether an agent that says that it is done is done. */
export class Finish {
  readonly #order: AgentOrder;
  readonly #host: AgentHost;
  readonly #tasks: Tasks;
  readonly #carrier: Carrier;
  #rounds = 0;
  #forms = 0;

  constructor(order: AgentOrder, host: AgentHost, tasks: Tasks, carrier: Carrier) {
    this.#order = order;
    this.#host = host;
    this.#tasks = tasks;
    this.#carrier = carrier;
  }

  async of(text: string): Promise<Ending> {
    const { isPlanning, schema, spec } = this.#order;
    const form = schema ? await this.#formed(text) : {};
    if (form.why !== undefined) {
      this.#forms += 1;
      if (this.#forms > MOST_FORMS) return { kind: 'done', failure: { code: 'TOKA_AGENT_ANSWER', message: `the answer of ${spec.name} has not the form that was asked for: ${form.why}`, hint: 'ask another model, or for a simpler form' } };
      return { kind: 'again', why: `Your answer has not the form that was asked for: ${form.why}. Answer with the JSON value alone.` };
    }
    const answer = form.value === undefined ? {} : { data: form.value };
    // A plan is not done yet, and says so by being one.
    if (isPlanning) return { kind: 'done', ...answer };
    const unproven = [...(await this.#objectives(text)), ...(await this.#tasks.unproven(text))];
    if (unproven.length === 0) return { kind: 'done', ...answer, ...this.denials() };
    this.#rounds += 1;
    if (this.#rounds >= MOST_ROUNDS) return { kind: 'done', ...answer, failure: { code: 'TOKA_AGENT_UNPROVEN', message: `${spec.name} says that it is done, and does not hold what shows it: ${unproven.join('; ')}`, hint: 'toka runs show tells what was tried' } };
    return { kind: 'again', why: `You are not done: ${unproven.join('; ')}`, origins: originsOfProof(this.#host) };
  }

  async #formed(text: string): Promise<{ readonly value?: JsonValue; readonly why?: string }> {
    const { schema } = this.#order;
    const found = jsonIn(text);
    if (!found || !schema) return { why: 'it is no JSON value' };
    const faults = await this.#host.faultsOf(schema, found.value);
    return faults.length === 0 ? found : { why: faults.join('; ') };
  }

  async #objectives(text: string): Promise<string[]> {
    const unproven: string[] = [];
    for (const { id, validation } of this.#order.spec.objectives) {
      if (!validation) continue;
      const { found, holds } = await prove(validation, text, this.#host);
      if (!holds) unproven.push(`objective ${id}: ${found}`);
    }
    return unproven;
  }

  /** Whoever was denied what it needed has not succeeded, unless what was to be shown holds all the same. */
  denials(): { readonly failure?: NonNullable<AgentOutcome['failure']> } {
    const { objectives, tasks } = this.#order.spec;
    const isShown = [...objectives, ...tasks].some(({ validation }) => validation !== undefined);
    const [first] = this.#carrier.denied;
    if (isShown || !first) return {};
    const tools = [...this.#carrier.denied.keys()];
    const hint = first[1]?.hint;
    return {
      failure: {
        code: first[1]?.code === 'TOKA_FLOW_DENIED' || first[1]?.code === 'TOKA_HOOK_BLOCKED' ? first[1].code : 'TOKA_CAPABILITY_DENIED',
        message: `${this.#order.spec.name} was denied what it asked for: ${first[1]?.message ?? tools.join(', ')}`,
        ...(hint === undefined ? {} : { hint }),
        data: { tools, ...taintsIn(first[1]) },
      },
    };
  }
}

/** What others had chosen; of a call that was taken from the record that is not known any more. */
function taintsIn(error: (NonNullable<CallResult['error']> & { readonly data?: Readonly<Record<string, unknown>> }) | undefined): JsonObject {
  const taints = error?.data?.['taints'];
  return taints === undefined ? {} : { taints: taints as JsonValue };
}
