import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import type { AgentSpec } from '../manifest/agent/spec.ts';

/** The agent that is run where none is named. */
const ASSISTANT: AgentSpec = {
  name: 'assistant',
  qualified: 'agent/assistant',
  version: '1.0.0',
  description: 'You help the person with the project in which they are.',
  origin: { kind: 'bundled', file: '' },
  hash: hexDigest('assistant 1.0.0'),
  priority: 'normal',
  skills: [],
  objectives: [],
  tasks: [],
  agents: [],
  tools: [],
  directives: [],
  successCriteria: [],
  model: 'work',
  maxSteps: 200,
  security: { level: 'elevated', required: [], budget: {} },
  hooks: [],
};

export function findBuiltIn(name: string): AgentSpec {
  if (name === ASSISTANT.name) return ASSISTANT;
  throw new TokaError('TOKA_AGENT_UNKNOWN', `there is no agent ${name}`, { hint: 'toka agent list shows them' });
}
