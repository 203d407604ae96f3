import type { ModelTool } from '@toka/sdk';

/** How many tools a search finds where it does not say. */
export const FOUND = 5;
export const FOUND_LIMIT = 20;

/** Stands first in each request where not every tool is defined in it. */
export const TOOL_SEARCH: ModelTool = {
  name: 'tool_search',
  description:
    'Find tools. Only a few of the tools that you can call are defined here; search by what you want done, in plain words, before you say that something cannot be done. What is found is defined from then on, and can be called. Answers with the name of each, one line about it, and how well it fits (score, 0 to 1).',
  params: {
    type: 'object',
    properties: {
      query: { type: 'string', description: 'What the tool should do, or its name', minLength: 1, maxLength: 1000 },
      limit: { type: 'integer', description: 'How many at the most', minimum: 1, maximum: FOUND_LIMIT, default: FOUND },
    },
    required: ['query'],
    additionalProperties: false,
  },
};
