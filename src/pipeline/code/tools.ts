import type { CallableTool } from '@toka/sdk';
import type { EffectiveSet } from '../../capability/effective.ts';
import { callable } from '../../registry/callable.ts';
import type { House } from '../house.ts';
import { HANDLE_TOOL } from './handles.ts';

/** The tools that code may call, by what it was granted; none is looked for where it was granted none. */
export async function callableTools(effective: EffectiveSet, house: House): Promise<CallableTool[]> {
  if (!effective.permissions.some(({ capability }) => capability.domain === 'tool')) return [];
  const names = (await house.toolNames()).filter((name) => effective.allows('tool', 'call', name));
  const found = callable(await Promise.all(names.map(async (name) => (await house.findTool(name)).tool)));
  return found.length === 0 ? [] : [...found, HANDLE_TOOL];
}
