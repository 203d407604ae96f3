import type { CallResult, JsonObject, JsonSchema } from '@toka/sdk';
import type { AgentHost, Origin } from '../../pipeline/agent/port.ts';
import { told } from '../answer.ts';
import { misused, type OwnAnswer, type OwnTool } from './own-tool.ts';

/** Agents that one agent may have started and not waited for. */
const MOST = 16;

/** Lets an agent start others, with a part of its rights and out of its budget. */
export function agentTools(names: readonly string[], host: AgentHost): OwnTool[] {
  if (names.length === 0) return [];
  const started = new Map<string, { readonly work: Promise<CallResult>; answered(result: CallResult): OwnAnswer }>();
  const start: OwnTool = {
    definition: {
      name: 'start_agent',
      description: `Let another agent (${names.join(', ')}) do a part of the work. It knows nothing but what you tell it. With background: true it works on beside you, and wait_agent gives its result.`,
      params: {
        type: 'object',
        properties: { agent: { enum: [...names] }, prompt: { type: 'string' }, schema: { type: 'object', description: 'JSON Schema of its answer' }, background: { type: 'boolean' } },
        required: ['agent', 'prompt'],
      },
    },
    async run({ agent, prompt, schema, background = false }, options) {
      if (typeof agent !== 'string' || typeof prompt !== 'string') return misused('expected {agent, prompt, schema?, background?}');
      const work = host.spawn(agent, { said: [{ type: 'text', text: prompt }], ...(isObject(schema) ? { schema } : {}) }, options);
      const answered = (result: CallResult): OwnAnswer => answerOf(result, options.flow?.origins(undefined, { prompt }, result) ?? ['untrusted-tool']);
      if (background !== true) return answered(await work);
      if (started.size >= MOST) return misused(`${MOST} agents work already: wait for one`);
      const id = `agent-${started.size + 1}`;
      // Whoever waits for it is told how it ended.
      work.catch(() => undefined);
      started.set(id, { work, answered });
      // What it leaves behind meanwhile may be read here before it is waited for.
      return { output: { id }, origins: ['untrusted-tool'] };
    },
  };
  const wait: OwnTool = {
    definition: { name: 'wait_agent', description: 'Wait for an agent that works in the background, and get its result.', params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } },
    async run({ id }) {
      const found = typeof id === 'string' ? started.get(id) : undefined;
      return found ? found.answered(await found.work) : misused(`expected one of ${[...started.keys()].join(', ') || 'none'}`);
    },
  };
  return [start, wait];
}

function answerOf(result: CallResult, origins: readonly Origin[]): OwnAnswer {
  return { output: told(result), ...(result.status === 'succeeded' ? {} : { isError: true }), origins, run: result.runId };
}

function isObject(value: unknown): value is JsonObject & JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

