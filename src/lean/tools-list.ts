import { serve } from '../ui/process-door.ts';
import { listTools } from '../ui/tools-list.ts';
import { readFlags } from './flags.ts';

export async function main(argv: readonly string[]): Promise<boolean> {
  const flags = readFlags(argv, { category: 'string', capability: 'string', source: 'string', json: 'boolean' });
  return flags !== undefined && serve(argv, async (door) => listTools(flags, door));
}
