import { resolve as resolvePath } from 'node:path';
import { hexDigest } from '../../digest.ts';
import type { Tool } from '../../manifest/tool.ts';
import { codeDigest } from '../../registry/lock/entry.ts';
import { isReserved, reserved } from '../../runtime/reserved.ts';
import type { House } from '../house.ts';
import { requireLocked } from '../locked.ts';
import type { Command } from '../request.ts';
import type { Run } from '../run.ts';

/** Finds what the request means. */
export async function resolve(run: Run, house: House): Promise<Run> {
  const { request } = run;
  if (request.model === 'code') return (await import('../code/resolve.ts')).resolveCode(run, request, house);
  if (request.model === 'agent') return (await import('../agent/resolve.ts')).resolveAgent(run, request, house);
  if (request.model === 'prompt') return (await import('../prompt/resolve.ts')).resolvePrompt(run, request);
  if (request.target.kind === 'command') return { ...run, tool: adHoc(request.target.command, request.cwd, request.input !== undefined) };
  const { tool, hash: manifest } = await house.findTool(request.target.name);
  if (isReserved(tool)) throw reserved(tool);
  const code = codeDigest(tool, house.projectRoot);
  return requireLocked({ ...run, tool, manifestHash: withCode(manifest, code) }, tool, code, house);
}

/** The digest of the manifest and of the code that it names: either one changed is another tool. */
function withCode(manifest: string, code: string | undefined): string {
  return code === undefined ? manifest : hexDigest(manifest + code);
}

/** A command is a tool without a manifest: what it may do comes with the request. */
function adHoc({ argv, capabilities, optional = [], level, limits }: Command, cwd: string, hasInput: boolean): Tool {
  const [program, ...args] = argv;
  const path = program.includes('/') ? resolvePath(cwd, program) : program;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return {
    name,
    qualified: `command/${name}`,
    source: 'command',
    origin: { kind: 'user', file: '' },
    version: '0.0.0',
    category: 'command',
    description: argv.join(' '),
    tags: [],
    executable: { type: 'external', path, args, workingDirectory: 'caller', stdin: hasInput ? 'inherit' : 'none', pass: {} },
    params: { type: 'object', properties: {}, required: [], additionalProperties: false },
    capabilities: { required: capabilities, optional },
    effect: 'external',
    level,
    risk: 'medium',
    sandbox: limits,
    examples: [],
  };
}
