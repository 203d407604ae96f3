import type { JsonObject } from '@toka/sdk';
import type { AgentHost, Question } from '../../pipeline/agent/port.ts';
import { misused, type OwnTool } from './own-tool.ts';

/** Asks the person for what only they know; without one the run ends, and says what is missing. */
export function askPerson(host: AgentHost): OwnTool {
  return {
    definition: {
      name: 'ask_person',
      description: 'Ask the person for what only they know. Only where you cannot go on without it.',
      params: {
        type: 'object',
        properties: {
          text: { type: 'string', description: 'The question' },
          fields: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, description: { type: 'string' }, schema: { type: 'object' } }, required: ['name', 'description'] } },
        },
        required: ['text'],
      },
    },
    async run(params) {
      const question = questionOf(params);
      if (!question) return misused('expected {text, fields?: [{name, description, schema?}]}');
      const answers = await host.inquire(question);
      if (answers) return { output: answers, origins: ['user'] };
      const missing = question.fields.length === 0 ? [{ name: 'answer', description: question.text, schema: { type: 'string' } }] : question.fields.map((field) => ({ ...field }));
      return { output: 'nobody is there to answer', isError: true, origins: ['system'], missing: { question: question.text, fields: missing } };
    },
  };
}

function questionOf({ text, fields = [] }: JsonObject): Question | undefined {
  if (typeof text !== 'string' || !Array.isArray(fields)) return undefined;
  const read = fields.flatMap((field) => {
    const { name, description = '', schema = { type: 'string' } } = (typeof field === 'object' && field !== null ? field : {}) as JsonObject;
    return typeof name === 'string' && typeof description === 'string' && typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? [{ name, description, schema }] : [];
  });
  return read.length === fields.length ? { text, fields: read } : undefined;
}
