import { inspect } from 'node:util';
import { toTokaError } from '../errors.ts';
import { asResultError } from '../pipeline/result.ts';
import type { Door } from './door.ts';
import { errorJson, errorText } from './report.ts';
import { terminal } from './text.ts';

/** Reports an error that no run could be made of. */
export function reportError(thrown: unknown, own: { has(flag: 'json' | 'debug'): boolean }, door: Door): number {
  const error = toTokaError(thrown);
  if (own.has('json')) door.stdout.write(errorJson(error));
  else door.stderr.write(errorText(asResultError(error), terminal(door.stderr, door.env)));
  if (own.has('debug')) door.stderr.write(`${inspect(error)}\n`);
  return error.exitCode;
}
