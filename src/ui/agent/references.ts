import type { JsonObject } from '@toka/sdk';
import { concernsTool } from '../../capability/policy.ts';
import { toTokaError } from '../../errors.ts';
import type { AgentManifest } from '../../manifest/agent/agent-manifest.ts';
import { validationsOf } from '../../manifest/agent/checks.ts';
import { quote, type Issue, type Path } from '../../manifest/issue.ts';
import { pointerKeys } from '../../manifest/json-pointer.ts';
import { nearest } from '../../manifest/nearest.ts';
import { oneOf } from '../../manifest/zod-issues.ts';
import type { Workspace } from '../../workspace.ts';

/** Finds the tools and agents that an agent names and that are not there, and parameters that a tool does not take. */
export async function checkReferences(manifest: AgentManifest, { registry, agents }: Pick<Workspace, 'registry' | 'agents'>): Promise<Issue[]> {
  const { dependencies, hooks } = manifest.spec;
  const rows = (await registry.index()).list();
  const names = agents.files().map(({ name }) => name);
  const validations = await Promise.all(
    validationsOf(manifest).map(async ({ validation, path }) => ('tool' in validation ? checkCall(validation, path, registry) : [])),
  );
  return [
    ...validations.flat(),
    ...checkGlobs(dependencies.tools, rows, ['spec', 'dependencies', 'tools']),
    ...(await checkHooks(hooks, rows, registry)),
    ...dependencies.agents.flatMap((name, index) => (names.includes(name) ? [] : [unknownName(name, names, `the name of an agent, ${oneOf(names)}`, ['spec', 'dependencies', 'agents', index])])),
  ];
}

type Names = readonly { readonly name: string; readonly qualified: string }[];

/** One pattern, or a list of them. */
function checkGlobs(patterns: string | readonly string[], rows: Names, path: Path): Issue[] {
  return [patterns].flat().flatMap((pattern, index): Issue[] => {
    if (rows.some(({ name, qualified }) => concernsTool({ tools: [pattern] }, [name, qualified]))) return [];
    return [unknownName(pattern, rows.flatMap(({ name, qualified }) => [name, qualified]), 'the name of a tool, or a glob that some tool fits; toka tools list shows all', typeof patterns === 'string' ? path : [...path, index])];
  });
}

async function checkHooks(hooks: AgentManifest['spec']['hooks'], rows: Names, registry: Workspace['registry']): Promise<Issue[]> {
  const found = await Promise.all(
    hooks.map(async ({ run, tools = [] }, index): Promise<Issue[]> => {
      const path = ['spec', 'hooks', index];
      const called = 'tool' in run ? await checkCall(run, [...path, 'run'], registry, ['event']) : [];
      return [...called, ...checkGlobs(tools, rows, [...path, 'tools'])];
    }),
  );
  return found.flat();
}

/** `given`: parameters that it is given when it is called. */
async function checkCall({ tool, params }: { readonly tool: string; readonly params: JsonObject }, path: Path, registry: Workspace['registry'], given: readonly string[] = []): Promise<Issue[]> {
  try {
    const found = await registry.find(tool);
    const defaults = Object.entries(found.tool.params.properties).flatMap(([name, schema]) => (schema.default === undefined ? [] : [[name, schema.default] as const]));
    const { required } = found.tool.params;
    const mismatches = await registry.mismatches({ ...found.tool.params, required: required.filter((name) => !given.includes(name)) }, { ...Object.fromEntries(defaults), ...params });
    return mismatches.map(({ pointer, message }): Issue => ({ path: [...path, 'params', ...pointerKeys(pointer)], code: 'bad-value', expected: `parameters that ${found.tool.qualified} takes (${message})` }));
  } catch (thrown) {
    const { code, message, data } = toTokaError(thrown);
    if (!code.startsWith('TOKA_TOOL_')) throw thrown;
    const suggestion = data?.['suggestion'];
    return [{ path: [...path, 'tool'], code: 'unknown-name', expected: `a tool that is there (${message})`, found: quote(tool), ...(typeof suggestion === 'string' ? { suggestion: quote(suggestion) } : {}) }];
  }
}

function unknownName(name: string, names: readonly string[], expected: string, path: Path): Issue {
  const suggestion = nearest(name, names);
  return { path, code: 'unknown-name', expected, found: quote(name), ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }) };
}
