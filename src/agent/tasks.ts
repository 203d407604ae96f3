import type { AgentSpec } from '../manifest/agent/spec.ts';
import type { AgentHost, Origin, Task } from '../pipeline/agent/port.ts';
import { originsOfProof, type Proof, prove, proven } from './proof.ts';

/** Tasks that a list may have. */
const MOST = 100;

/** What an agent is about to do. What its file says stays on the list; what has a validation is done when that passes. */
export class Tasks {
  readonly #spec: AgentSpec['tasks'];
  readonly #host: AgentHost;
  #list: readonly Task[];

  constructor({ tasks }: AgentSpec, host: AgentHost) {
    this.#spec = tasks;
    this.#host = host;
    this.#list = tasks.map(({ id, title, when }) => ({ id, title: when === undefined ? title : `${title} (if ${when})`, status: 'open' }));
  }

  get list(): readonly Task[] {
    return this.#list;
  }

  /** Where that comes from which is said of validations. */
  get origins(): readonly Origin[] {
    return originsOfProof(this.#host);
  }

  /** Takes a list over. Returns what the model is to know of it. */
  async set(asked: readonly Task[]): Promise<string> {
    const notes: string[] = [];
    const list: Task[] = [];
    for (const task of asked.slice(0, MOST)) {
      const known = this.#list.find(({ id }) => id === task.id);
      const settled = task.status === 'done' && known?.evidence === undefined ? await this.#settle(task) : { task: { ...task, ...(known?.evidence === undefined ? {} : { evidence: known.evidence }) } };
      list.push(settled.task);
      if (settled.note !== undefined) notes.push(settled.note);
    }
    const forgotten = this.#list.filter(({ id }) => this.#spec.some((planned) => planned.id === id) && !list.some((task) => task.id === id));
    await this.#keep([...list, ...forgotten]);
    return notes.length === 0 ? 'noted' : notes.join('\n');
  }

  /** What has a validation and is not done: each is tried. Returns those that do not hold. */
  async unproven(text: string): Promise<string[]> {
    const notes: string[] = [];
    for (const { id, validation, when } of this.#spec) {
      const task = this.#list.find((each) => each.id === id);
      // Whether a condition is met is the agent's to say: by marking the task.
      if (!validation || !task || task.status === 'done' || (when !== undefined && task.status === 'open')) continue;
      const proof = await prove(validation, text, this.#host);
      await this.#keep(this.#list.map((each) => (each.id === id ? proven(each, proof) : each)));
      if (!proof.holds) notes.push(`task ${id}: ${proof.found}`);
    }
    return notes;
  }

  async #settle(task: Task): Promise<{ readonly task: Task; readonly note?: string }> {
    const validation = this.#spec.find(({ id }) => id === task.id)?.validation;
    // An answer has its form only once it is given.
    if (!validation || validation.kind === 'schema') return { task };
    const proof: Proof = await prove(validation, '', this.#host);
    return { task: proven(task, proof), ...(proof.holds ? {} : { note: `task ${task.id} is not done: ${proof.found}` }) };
  }

  async #keep(list: readonly Task[]): Promise<void> {
    if (JSON.stringify(list) === JSON.stringify(this.#list)) return;
    this.#list = list;
    this.#host.emit({ type: 'tasks', tasks: list });
    await this.#host.record({ type: 'agent.tasks', tasks: list });
  }
}
