import type { CallableTool } from '@toka/sdk';
import type { EffectiveSet } from '../../capability/effective.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { House } from '../house.ts';
import { HANDLE_TOOL } from './handles.ts';

/** The tools that code may call, by what it was granted; none is looked for where it was granted none. */
export async function callableTools(effective: EffectiveSet, house: House): Promise<CallableTool[]> {
  if (!effective.permissions.some(({ capability }) => capability.domain === 'tool')) return [];
  const names = (await house.toolNames()).filter((name) => effective.allows('tool', 'call', name));
  const tools = await Promise.all(names.map(async (name) => (await house.findTool(name)).tool));
  const callable = namedApart(tools).map(({ alias, tool: { qualified, description, params, output } }) => ({
    alias,
    name: qualified,
    summary: description,
    params,
    ...(output === undefined ? {} : { output }),
  }));
  return callable.length === 0 ? [] : [...callable, HANDLE_TOOL];
}

/** By its name alone, or where several would have the same, by its full one. */
function namedApart(tools: readonly Tool[]): { readonly alias: string; readonly tool: Tool }[] {
  const counts = new Map<string, number>();
  for (const { name } of tools) counts.set(identifier(name), (counts.get(identifier(name)) ?? 0) + 1);
  return tools.map((tool) => ({ alias: counts.get(identifier(tool.name)) === 1 ? identifier(tool.name) : identifier(tool.qualified), tool }));
}

function identifier(name: string): string {
  const text = name.replaceAll(/[^A-Za-z0-9_$]/g, '_');
  return /^\d/.test(text) ? `_${text}` : text;
}
