import type { ModelUsage } from '../../model/port.ts';
import type { AgentEvent } from '../../pipeline/agent/port.ts';
import type { LiveEvent } from '../../pipeline/events.ts';

/** What an agent and all that it started have used, as far as it was heard. */
export interface Tally {
  /** Times that a model has answered. */
  readonly steps: number;
  readonly calls: number;
  readonly tokens: ModelUsage;
  /** Tools that were denied, by qualified name. */
  readonly denied: readonly string[];
  readonly notices: readonly string[];
}

const NOTHING: Tally = { steps: 0, calls: 0, tokens: {}, denied: [], notices: [] };

/** Counts what is heard of a run. */
export function tallied(): { hear(event: LiveEvent): void; readonly tally: Tally } {
  let tally = NOTHING;
  return {
    hear(event) {
      if (event.type === 'agent') tally = counted(tally, event.event);
    },
    get tally() {
      return tally;
    },
  };
}

function counted(tally: Tally, event: AgentEvent): Tally {
  switch (event.type) {
    case 'step-ended':
      return { ...tally, steps: tally.steps + 1, tokens: sum(tally.tokens, event.usage) };
    case 'call-ended':
      return { ...tally, calls: tally.calls + 1, ...(event.status === 'denied' ? { denied: [...new Set([...tally.denied, event.tool])] } : {}) };
    case 'notice':
      return { ...tally, notices: [...tally.notices, event.message] };
    default:
      return tally;
  }
}

/** A figure that one of them lacks was not measured there: the sum of the others would say too little, but never nothing. */
export function sum(one: ModelUsage, other: ModelUsage): ModelUsage {
  const total: { -readonly [name in keyof ModelUsage]: number } = { ...one };
  for (const [name, figure] of Object.entries(other) as [keyof ModelUsage, number][]) total[name] = (total[name] ?? 0) + figure;
  return total;
}
