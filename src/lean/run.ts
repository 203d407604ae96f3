import { serve } from '../ui/process-door.ts';
import { runTool } from '../ui/run-tool.ts';

export async function main(argv: readonly string[]): Promise<boolean> {
  return serve(argv, async (door) => runTool(argv, door));
}
