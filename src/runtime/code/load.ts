import type { Runtime } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { loadContributed } from '../../journal/contributed.ts';

/**
 * Loads a runtime.
 *
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE
 */
export function loadRuntime(file: string): Runtime {
  const isolate = loadContributed<Runtime & { readonly run: unknown }>(file, 'run');
  const runtime = isolate ?? loadContributed<Runtime & { readonly program: unknown }>(file, 'program');
  if (runtime) return runtime;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${file} does not export a runtime as its default`, { hint: 'export default defineRuntime({…})' });
}
