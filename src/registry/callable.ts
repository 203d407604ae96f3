import type { CallableTool } from '@toka/sdk';
import type { Tool } from '../manifest/tool.ts';

/** Tools as code finds them: by their names alone, or where several would have the same, by their full ones. */
export function callable(tools: readonly Tool[]): CallableTool[] {
  const counts = new Map<string, number>();
  for (const { name } of tools) counts.set(identifier(name), (counts.get(identifier(name)) ?? 0) + 1);
  return tools.map(({ name, qualified, description, params, output }) => ({
    alias: counts.get(identifier(name)) === 1 ? identifier(name) : identifier(qualified),
    name: qualified,
    summary: description,
    params,
    ...(output === undefined ? {} : { output }),
  }));
}

function identifier(name: string): string {
  const text = name.replaceAll(/[^A-Za-z0-9_$]/g, '_');
  return /^\d/.test(text) ? `_${text}` : text;
}
