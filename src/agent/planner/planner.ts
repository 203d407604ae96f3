import { defineProvider, providerError } from '@toka/sdk';
import { nextMove } from './plan.ts';

/** Stands in where no language model is at hand: it follows plain orders by the tools whose names and words fit them, and calls nothing that it is not sure of. */
export const planner = defineProvider({
  id: 'local',
  summary: 'Follow plain orders with the tools that surely fit them; no language model',
  isLanguageModel: false,
  supports: { tools: true, images: false, schema: false },
  async *stream(request) {
    if (request.model !== 'planner') throw providerError('PROVIDER_REQUEST', `local has no model "${request.model}"`, { hint: 'its only one is local/planner' });
    const move = nextMove(request);
    if ('calls' in move) {
      const before = request.messages.reduce((sum, message) => sum + (message.role === 'assistant' ? message.parts.filter(({ type }) => type === 'tool-call').length : 0), 0);
      for (const [at, call] of move.calls.entries()) yield { type: 'tool-call', id: `call_${before + at + 1}`, ...call };
      yield { type: 'finish', reason: 'tool-calls' };
      return;
    }
    yield { type: 'text', text: move.text };
    // Whoever waits for the work must not take it for done.
    yield { type: 'finish', reason: move.isDone ? 'stop' : 'filtered' };
  },
});
