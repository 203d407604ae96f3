import type { Door } from './door.ts';
import { runTasks } from './tasks.ts';

/** Does something long, and shows on stderr how far it is. */
export async function withProgress<T>(title: string, door: Door, work: (report: (text: string) => void) => Promise<T>): Promise<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  const run = async (report: (text: string) => void): Promise<{ ok: boolean; text: string }> => {
    try {
      outcome = { value: await work(report) };
      return { ok: true, text: 'done' };
    } catch (error) {
      outcome = { error };
      return { ok: false, text: 'failed' };
    }
  };
  await runTasks([{ title, run }], door);
  if (outcome && 'value' in outcome) return outcome.value;
  throw outcome?.error;
}
