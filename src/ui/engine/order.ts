import type { JsonObject } from '@toka/sdk';
import * as z from 'zod';
import { TokaError } from '../../errors.ts';

/** A run, as it is given to a worker. The submission is made of it; whatever comes is checked. */
const order = z.strictObject({
  v: z.literal(1),
  tool: z.string().min(1).max(300),
  params: z.record(z.string(), z.json()),
  /** Of the caller's folder, from the project's root. */
  folder: z.string().max(4096),
  /** What the run may do at most, in whose name. */
  token: z.string().max(100_000),
  frozen: z.boolean(),
  record: z.boolean(),
  isFresh: z.boolean(),
  timeoutMs: z.number().positive().optional(),
  budget: z.record(z.string(), z.number()).optional(),
});

export type Order = z.output<typeof order>;

/** Ids of runs, which journals and folders are asked for by. */
const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws TokaError TOKA_INTEGRITY */
export function parseOrder(key: string, body: JsonObject): Order {
  const parsed = order.safeParse(body);
  if (parsed.success && RUN_ID.test(key)) return parsed.data;
  const [issue] = parsed.error?.issues ?? [];
  const why = issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : 'its key is not the id of a run';
  throw new TokaError('TOKA_INTEGRITY', `expected a run that toka gave to the engine, found something else (${why})`, { hint: 'who else may write to the engine, and which toka gave it?' });
}
