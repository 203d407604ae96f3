import type { WarmProcesses } from '../sandbox/warm.ts';
import type { House } from './house.ts';

/** Where a process may wait for a run. */
export async function warmOf({ warm }: House): Promise<{ readonly warm?: WarmProcesses }> {
  return warm ? { warm: await warm() } : {};
}
