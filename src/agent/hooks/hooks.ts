import type { CallResult, JsonObject, JsonValue } from '@toka/sdk';
import { glob, matches } from '../../capability/glob.ts';
import { toTokaError } from '../../errors.ts';
import type { Hook } from '../../manifest/hook.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { AgentHost } from '../../pipeline/agent/port.ts';
import { jsonIn } from '../answer.ts';

/** Characters of what a hook says that are told. */
const MOST = 2000;

/** What is run before and after calls and turns. */
export class Hooks {
  readonly #hooks: readonly Hook[];
  readonly #host: AgentHost;
  readonly #agent: string;

  constructor(hooks: readonly Hook[], host: AgentHost, agent: string) {
    this.#hooks = hooks;
    this.#host = host;
    this.#agent = agent;
  }

  /** Whether anything is run around a call of that tool. */
  concern({ name, qualified }: Pick<Tool, 'name' | 'qualified'>): boolean {
    return this.#hooks.some((hook) => hook.on.endsWith('-tool') && isFor(hook, [name, qualified]));
  }

  /**
   * Runs all that stands at that place, in the order in which it was written, up to the first that stops it.
   *
   * @returns Why what it stands before is not done, or what it stands after is held back; undefined: nothing stops it.
   */
  async stop(on: Hook['on'], event: JsonObject, tool?: Pick<Tool, 'name' | 'qualified'>): Promise<string | undefined> {
    for (const hook of this.#hooks) {
      if (hook.on !== on || (tool && !isFor(hook, [tool.name, tool.qualified]))) continue;
      const stopped = await this.#run(hook, { schema: 'toka/hook-event/v1', on, agent: this.#agent, run: this.#host.runId, ...(tool ? { tool: tool.qualified } : {}), ...event });
      if (stopped !== undefined) return `a hook stopped it${hook.reason === undefined ? '' : ` (${hook.reason})`}: ${stopped}`;
    }
    return undefined;
  }

  /** A hook that cannot be run, fails or takes too long has not agreed. */
  async #run(hook: Hook, event: JsonObject): Promise<string | undefined> {
    try {
      const result = await this.#carry(hook, event);
      return result.status === 'succeeded' ? blockOf(result) : `${nameOf(hook)} ${result.status}: ${(result.error?.message ?? result.output).trim().slice(0, MOST)}`;
    } catch (thrown) {
      if (this.#host.signal.aborted) throw thrown;
      return `${nameOf(hook)} could not be run: ${toTokaError(thrown).message.slice(0, MOST)}`;
    }
  }

  async #carry({ run, timeoutMs }: Hook, event: JsonObject): Promise<CallResult> {
    if (run.kind === 'command') return this.#host.command(run.argv, { input: JSON.stringify(event), timeoutMs });
    const tool = (await this.#host.tools()).find(({ name, qualified }) => run.tool === qualified || run.tool === name);
    const takesEvent = tool?.params.properties['event'];
    const given = takesEvent === undefined ? {} : { event: takesEvent.type === 'string' ? JSON.stringify(event) : event };
    return this.#host.call(tool?.qualified ?? run.tool, { ...run.params, ...given }, { timeoutMs });
  }
}

function isFor({ tools }: Hook, names: readonly string[]): boolean {
  return tools.length === 0 || tools.some((pattern) => names.some((name) => matches(glob(pattern), name)));
}

function blockOf({ data, output }: CallResult): string | undefined {
  const said: JsonValue | undefined = data ?? jsonIn(output)?.value;
  if (typeof said !== 'object' || said === null || Array.isArray(said) || said['decision'] !== 'block') return undefined;
  return typeof said['reason'] === 'string' ? said['reason'].slice(0, MOST) : 'it gave no reason';
}

function nameOf({ run }: Hook): string {
  return run.kind === 'tool' ? run.tool : run.argv[0];
}
