import type { JsonObject } from '@toka/sdk';
import * as z from 'zod';
import { TokaError } from '../../errors.ts';
import { RESULT_SCHEMA } from '../../pipeline/result.ts';
import type { RunResult } from '../../toka.ts';

/** The parts of a result that are relied on where it is shown; whatever else it says is passed on as it is. */
const result = z.looseObject({
  schema: z.literal(RESULT_SCHEMA),
  runId: z.string(),
  tool: z.string().optional(),
  status: z.enum(['succeeded', 'failed', 'denied', 'cancelled', 'timed-out', 'killed']),
  output: z.string(),
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional(), where: z.string().optional() }).optional(),
  exitCode: z.int().nullable(),
  artifacts: z.array(z.string()),
  usage: z.looseObject({}),
}).refine(({ status, error }) => (status === 'succeeded') === (error === undefined), 'a result has an error where it did not succeed, and only there');

/**
 * The result of the run that a worker has told through an engine.
 *
 * @throws TokaError TOKA_INTEGRITY
 */
export function parseTold(told: JsonObject, run: string): RunResult {
  const parsed = result.safeParse(told);
  if (parsed.success && parsed.data.runId === run) return told as unknown as RunResult;
  const [issue] = parsed.error?.issues ?? [];
  const why = issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : 'it is that of another run';
  throw new TokaError('TOKA_INTEGRITY', `expected the result of run ${run} from the engine, found something else (${why})`, { hint: `toka runs show ${run} tells what is on record; who else may write to the engine, and which toka is at work there?` });
}
