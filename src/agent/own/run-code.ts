import type { AgentHost } from '../../pipeline/agent/port.ts';
import { told } from '../answer.ts';
import { misused, type OwnTool } from './own-tool.ts';

/** Code mode: many calls at once, with what comes of them kept out of the conversation. */
export function runCode(host: AgentHost): OwnTool {
  return {
    definition: {
      name: 'run_code',
      description: 'Run JavaScript where a task takes many calls: await tools.NAME({...}) calls any tool, and its result (data, or text) stays in the code; return what you need. No other access to anything.',
      params: { type: 'object', properties: { code: { type: 'string', description: 'The body of an async function' } }, required: ['code'] },
    },
    async run({ code }, options) {
      if (typeof code !== 'string') return misused('expected {code}');
      const result = await host.code('js', code, options);
      return { output: told(result), ...(result.status === 'succeeded' ? {} : { isError: true }), origins: options.flow?.origins(undefined, { code }, result) ?? ['untrusted-tool'], run: result.runId };
    },
  };
}
