import { ownPackage } from '../../config/package-root.ts';
import { hexDigest } from '../../digest.ts';
import { TokaError } from '../../errors.ts';
import type { ParametersSchema, Tool } from '../../manifest/tool.ts';
import { type ListedRuntime, runtimeOf } from '../../registry/runtimes.ts';
import type { House } from '../house.ts';
import type { CodeRequest } from '../request.ts';
import type { Run } from '../run.ts';

/** Finds the runtime of the language. What is to be run has no manifest: all there is to know of it comes with the request. */
export function resolveCode(run: Run, request: CodeRequest, house: House): Run {
  const runtime = runtimeOf(request.language, house.runtimes());
  requireOwnIsolate(runtime);
  return { ...run, tool: codeTool(request, runtime), manifestHash: hexDigest(`${runtime.plugin}\0${request.language}\0${request.params.source}`) };
}

/** What keeps code from the machine in toka's own process is trusted with that process. */
function requireOwnIsolate({ id, isolation, plugin }: ListedRuntime): void {
  if (isolation === 'sandbox' || ownPackage().toka.plugins.includes(plugin)) return;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `the runtime ${id} of ${plugin} would run code in toka's own process, which only those that come with toka may`, {
    hint: 'ask its author for one that runs code in the sandbox',
  });
}

function codeTool({ language, capabilities, level, limits }: CodeRequest, { file, isolation, summary }: ListedRuntime): Tool {
  return {
    name: language,
    qualified: `code/${language}`,
    source: 'code',
    origin: { kind: 'user', file: '' },
    version: '0.0.0',
    category: 'code',
    description: summary,
    tags: [],
    executable: { type: 'code', language, isolation, path: file },
    params: PARAMETERS,
    capabilities: { required: capabilities, optional: [] },
    effect: capabilities.every(isHarmless) ? 'none' : 'external',
    level,
    risk: 'medium',
    sandbox: limits,
    examples: [],
  };
}

/** What code does that can neither write, nor call, nor reach anything is over when it ends. */
function isHarmless(capability: string): boolean {
  return capability.startsWith('fs:read') || capability.startsWith('env:read');
}

/** All that is recorded of what was asked. */
const PARAMETERS: ParametersSchema = {
  type: 'object',
  properties: {
    source: { type: 'string', description: 'The text that is run' },
    name: { type: 'string', description: 'What messages call it' },
    params: { type: 'object', description: 'What the code is given' },
    requirements: { type: 'array', items: { type: 'string' }, description: 'What is installed for it' },
  },
  required: ['source', 'name', 'params', 'requirements'],
  additionalProperties: false,
};
