import { escapeGlob } from '../../capability/glob.ts';
import type { ParametersSchema, Tool } from '../../manifest/tool.ts';
import type { PromptRequest } from '../request.ts';
import type { Run } from '../run.ts';

/** A model has no manifest: all there is to know of it is how people name it. */
export function resolvePrompt(run: Run, { route }: PromptRequest): Run {
  return { ...run, tool: modelTool(route) };
}

function modelTool(route: string): Tool {
  return {
    name: route,
    qualified: `model/${route}`,
    source: 'model',
    origin: { kind: 'user', file: '' },
    version: '0.0.0',
    category: 'model',
    description: `Ask ${route}`,
    tags: [],
    executable: { type: 'prompt' },
    params: PARAMETERS,
    capabilities: { required: [`model:call:${escapeGlob(route)}`], optional: [] },
    effect: 'read',
    level: 'standard',
    risk: 'low',
    sandbox: {},
    examples: [],
  };
}

/** All that is recorded of what was asked. */
const PARAMETERS: ParametersSchema = {
  type: 'object',
  properties: {
    digest: { type: 'string', description: 'SHA-256 of the prompt' },
    messages: { type: 'integer', description: 'How many messages the prompt has' },
    bytes: { type: 'integer', description: 'How large it is' },
  },
  required: ['digest', 'messages', 'bytes'],
  additionalProperties: false,
};
