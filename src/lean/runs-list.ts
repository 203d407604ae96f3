import { doorTo } from '../ui/door.ts';
import { serve } from '../ui/process-door.ts';
import { listRuns } from '../ui/runs-list.ts';
import { readFlags } from './flags.ts';

export async function main(argv: readonly string[]): Promise<boolean> {
  const flags = readFlags(argv, { limit: 'string', status: 'string', storage: 'string', tool: 'string', json: 'boolean' });
  return flags !== undefined && serve(argv, async (door) => listRuns(flags, doorTo(flags.storage, door)));
}
