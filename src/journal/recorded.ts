import { z } from 'zod';
import { TokaError } from '../errors.ts';

const kept = z.union([z.strictObject({ inline: z.string() }), z.strictObject({ blob: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) })]);
const verb = z.enum(['read', 'stream', 'stat', 'list', 'walk', 'can', 'write', 'env', 'spawn', 'call', 'now', 'log', 'progress']);
const lost = z.enum(['secret', 'size', 'end']);
const turn = z.strictObject({ place: z.int().min(1), asked: z.int().min(0) });
const error = z.strictObject({ code: z.string().optional(), message: z.string(), hint: z.string().optional(), data: z.json().optional() });

const RecordedCalls = z.array(
  z.strictObject({
    do: verb,
    args: z.json(),
    content: kept.optional(),
    answer: z.strictObject({ value: z.json().optional(), content: kept.optional(), part: z.literal(true).optional(), error: error.optional(), lost: lost.optional(), turn: turn.optional() }),
  }),
);
const RecordedFiles = z.array(z.strictObject({ path: z.string(), sha256: z.string(), bytes: z.int().min(0), content: kept.optional() }));

/** What a tool can ask of toka. */
export type Verb = z.infer<typeof verb>;
/** Why an answer is not there: it bears or holds a secret, was too large, or had not come when the run ended. */
export type Lost = z.infer<typeof lost>;
/** One call, with what was asked (of a write and of a process's input: the content), and its answer: a value or a content, `part` where the tool did not take all of it; after that, an error. */
export type RecordedCall = z.infer<typeof RecordedCalls>[number];
/** A file as it was, and its content where that was kept. */
export type RecordedFile = z.infer<typeof RecordedFiles>[number];

/** @throws TokaError TOKA_INTEGRITY */
export function parseCalls(value: unknown): RecordedCall[] {
  return parsed(RecordedCalls, value, 'calls');
}

/** @throws TokaError TOKA_INTEGRITY */
export function parseFiles(value: unknown): RecordedFile[] {
  return parsed(RecordedFiles, value, 'files');
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new TokaError('TOKA_INTEGRITY', `expected a list of recorded ${what}, found something else`, { cause: result.error, hint: 'toka audit verify tells what is damaged' });
}
