import { TokaError } from '../../errors.ts';
import type { Door } from '../door.ts';

/** `toka agent run [NAME]` without a prompt: a conversation on a terminal. */
export async function startRepl(name: string | undefined, _door: Door): Promise<number> {
  throw new TokaError('TOKA_USAGE', `what is ${name ?? 'the agent'} to do?`, { hint: 'toka agent run -p "…"' });
}
