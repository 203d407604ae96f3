import type { RunFacts } from '@toka/sdk';
import { ordered } from './order.ts';

/** What is kept of a run of a tool. */
export interface Past {
  readonly id: string;
  readonly time: number;
  readonly hasFailed: boolean;
  /** Milliseconds, of one that succeeded. */
  readonly wallMs: number | undefined;
  readonly capabilities: readonly string[];
}

const FAILED: readonly RunFacts['status'][] = ['failed', 'timed-out', 'killed', 'interrupted'];

/** The runs of each tool, in the order of their times. Equal lists of capabilities are kept once. */
export class Chronicle {
  readonly #tools = new Map<string, Past[]>();
  readonly #lists = new Map<string, readonly string[]>();

  add({ id, tool, status, startedAt, wallMs, capabilities }: RunFacts): void {
    // What never started has used nothing, and shows nothing of the tool.
    if (startedAt === undefined) return;
    const past = { id, time: startedAt, hasFailed: FAILED.includes(status), wallMs: status === 'succeeded' ? wallMs : undefined, capabilities: this.#list(capabilities) };
    const runs = this.#tools.get(tool);
    if (runs) runs.push(past);
    else this.#tools.set(tool, [past]);
  }

  tools(): { readonly tool: string; readonly runs: readonly Past[] }[] {
    const tools = ordered(this.#tools, () => 0, ([tool]) => tool);
    return tools.map(([tool, runs]) => ({ tool, runs: ordered(runs, ({ time }) => time, ({ id }) => id) }));
  }

  #list(capabilities: readonly string[]): readonly string[] {
    const key = capabilities.join('\n');
    const known = this.#lists.get(key) ?? [...capabilities];
    this.#lists.set(key, known);
    return known;
  }
}
