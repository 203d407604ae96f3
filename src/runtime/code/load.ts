import type { Runtime } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { loadContributed } from '../../journal/contributed.ts';

const METHODS = { isolate: 'run', sandbox: 'program' } as const;

/**
 * Loads a runtime.
 *
 * @param isolation What its plugin declares.
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE; TOKA_RUNTIME_FAILED where it is none of that kind.
 */
export function loadRuntime<I extends Runtime['isolation']>(file: string, isolation: I): Extract<Runtime, { isolation: I }> {
  const runtime = loadContributed<Runtime & Record<(typeof METHODS)[I], unknown>>(file, METHODS[isolation]);
  if (runtime?.isolation === isolation) return runtime as unknown as Extract<Runtime, { isolation: I }>;
  throw new TokaError('TOKA_RUNTIME_FAILED', `${file} should export a runtime of isolation "${isolation}" as its default, as its plugin says`, { hint: 'export default defineRuntime({…})' });
}
