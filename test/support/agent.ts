import { join } from 'node:path';
import { stringify } from 'yaml';
import type { AgentEvent } from '../../src/pipeline/agent/port.ts';
import type { AgentParams, Budget, RunResult } from '../../src/toka.ts';
import { createToka, type Toka, type TokaOptions } from '../../src/toka.ts';
import { place, type Place } from './cli.ts';

/** A reply of a script that plays a model; docs/models.md has the format. */
export type Reply = Readonly<Record<string, unknown>>;

/** toka in a place of its own, with a model that plays a script. */
export class AgentPlace implements AsyncDisposable {
  readonly here: Place;
  #toka: Toka | undefined;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.here = place({ 'notes.txt': 'one\ntwo\n', ...files });
  }

  async open(options: Partial<TokaOptions> = {}): Promise<Toka> {
    await this.#toka?.close();
    this.#toka = await createToka({ cwd: this.here.project, env: this.here.env, ...options });
    return this.#toka;
  }

  get toka(): Toka {
    if (!this.#toka) throw new Error('open it first');
    return this.#toka;
  }

  script(replies: readonly Reply[], name = 'model.yaml'): string {
    this.here.write({ [name]: stringify(replies) });
    return `scripted/${join(this.here.project, name)}`;
  }

  /** Says something to an agent whose model plays these replies. */
  async ask(replies: readonly Reply[], { agent = 'assistant', text = 'Do it.', allow = [], ...more }: Asked = {}): Promise<Answered> {
    if (!this.#toka) await this.open();
    const { params, onEvent, ...request } = more;
    const events: AgentEvent[] = [];
    const result = await this.toka.run({
      ...this.toka.agent(agent, { said: [{ type: 'text', text }], model: this.script(replies), ...params }),
      allow,
      ...request,
      onEvent: (event) => {
        if (event.type !== 'agent') return;
        events.push(event.event);
        onEvent?.(event.event);
      },
    });
    return { result, events };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#toka?.close();
    this.here[Symbol.dispose]();
  }
}

export interface Asked {
  readonly agent?: string;
  readonly text?: string;
  readonly allow?: readonly string[];
  readonly params?: Partial<AgentParams>;
  readonly record?: boolean;
  readonly signal?: AbortSignal;
  readonly budget?: Budget;
  readonly inbox?: { take(): readonly string[] };
  readonly onEvent?: (event: AgentEvent) => void;
}

export interface Answered {
  readonly result: RunResult;
  readonly events: readonly AgentEvent[];
}

/** A reply that asks for calls. */
export function calls(...asked: readonly (readonly [tool: string, params: Readonly<Record<string, unknown>>])[]): Reply {
  return { calls: asked.map(([tool, params]) => ({ tool, params })) };
}
