import type { AgentSpec } from '../../manifest/agent/spec.ts';
import type { ParametersSchema, Tool } from '../../manifest/tool.ts';
import type { House } from '../house.ts';
import type { AgentRequest } from '../request.ts';
import type { Run } from '../run.ts';
import { ceilingOf } from './ceiling.ts';

/** Finds the agent by its name. */
export async function resolveAgent(run: Run, request: AgentRequest, house: House): Promise<Run> {
  const agent = await house.findAgent(request.agent);
  return { ...run, agent, tool: agentTool(agent), manifestHash: agent.hash };
}

function agentTool(agent: AgentSpec): Tool {
  const { security } = agent;
  return {
    name: agent.name,
    qualified: agent.qualified,
    source: 'agent',
    // It reads and starts nothing itself: its calls are runs of their own.
    origin: { kind: agent.origin.kind === 'bundled' ? 'user' : agent.origin.kind, file: agent.origin.file },
    version: agent.version,
    category: 'agent',
    description: agent.description,
    tags: [],
    executable: { type: 'agent' },
    params: PARAMETERS,
    capabilities: { required: security.required, optional: ceilingOf(agent) },
    effect: 'external',
    level: security.level,
    risk: 'medium',
    sandbox: {},
    examples: [],
  };
}

/** All that is recorded of what was asked. */
const PARAMETERS: ParametersSchema = {
  type: 'object',
  properties: {
    said: { type: 'array', items: { type: 'object' }, description: 'What was said: texts and pictures' },
    model: { type: 'string', description: 'Which model, or which role' },
    session: { type: 'string', description: 'The session' },
    after: { type: 'string', description: 'The run whose conversation it goes on with' },
    maxSteps: { type: 'integer', minimum: 1, description: 'How often it may ask its model' },
    schema: { type: 'object', description: 'JSON Schema of the answer' },
    plan: { type: 'boolean', description: 'Whether it may only look' },
    takenOver: { type: 'array', items: { type: 'object' }, description: 'What was said elsewhere' },
    compact: { type: 'boolean', description: 'Whether it only shortens its conversation' },
  },
  required: ['said'],
  additionalProperties: false,
};
