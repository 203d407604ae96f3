import type { House } from '../house.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { SlotNeeds } from '../../sandbox/slots.ts';
import { type Run, settled } from '../run.ts';

/** Lets a sandbox join its control group, 8 to 25 ms in version 2, and an isolate start, while the later stages still decide whether the run may have it. */
export async function anticipate(run: Run, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  const { executable } = tool;
  if (executable.type === 'code') return (await import('../code/anticipate.ts')).anticipateCode(run, executable);
  const needs = slotNeeds(tool);
  if (!needs) return run;
  // What waits has its sandbox already.
  if (house.warm && (executable.type === 'native' || (!needs.network && needs.files === 0))) return run;
  const { expectSandbox } = await import('../../runtime/sandboxed.ts');
  return { ...run, slot: expectSandbox(needs) };
}

/** What a sandbox must have for a tool; undefined for one that runs without. */
export function slotNeeds({ capabilities, executable, origin }: Tool): SlotNeeds | undefined {
  if (executable.type === 'native' && origin.kind === 'bundled') return undefined;
  if (executable.type === 'agent' || executable.type === 'prompt' || executable.type === 'code') return undefined;
  const network = [...capabilities.required, ...capabilities.optional].some((capability) => capability.startsWith('net:'));
  const files = 'pass' in executable ? Object.values(executable.pass).filter(({ kind }) => kind === 'file').length : 0;
  return { network, files };
}
