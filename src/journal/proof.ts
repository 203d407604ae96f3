import * as z from 'zod';
import { TokaError } from '../errors.ts';
import { leafHash } from './chain.ts';
import { parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import type { EventLog, LogEntry } from './event-log.ts';
import { logFault } from './log.ts';
import { rootByInclusion } from './merkle.ts';

const PROOF_SCHEMA = 'toka/audit-proof/v1';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const count = z.int().min(1);

/** What shows that events stand in a signed log, to whoever has the key but not the journal. */
const Proof = z.strictObject({
  schema: z.literal(PROOF_SCHEMA),
  /** The signed checkpoint of the tree. */
  checkpoint: z.string(),
  entries: z
    .array(
      z.strictObject({
        position: count,
        run: z.string(),
        seq: count,
        time: z.int(),
        /** The event's JSON text, byte for byte as recorded. */
        body: z.string(),
        /** Its audit path, from its sibling up. */
        path: z.array(hash).max(64),
      }),
    )
    .min(1),
});

export type Proof = z.infer<typeof Proof>;

/**
 * Proves events by a checkpoint that covers them.
 *
 * @throws `LOG_FAULT` where the log is not what the checkpoint says.
 */
export async function prove(log: EventLog, entries: readonly LogEntry[], checkpoint: SignedCheckpoint): Promise<Proof> {
  const { origin, root } = await log.tree(checkpoint.size);
  if (origin !== checkpoint.origin || Buffer.compare(root, checkpoint.root) !== 0) {
    throw logFault(`the first ${checkpoint.size} events are not those that the checkpoint covers`);
  }
  return {
    schema: PROOF_SCHEMA,
    checkpoint: checkpoint.note,
    entries: await Promise.all(
      entries.map(async ({ position, run, seq, time, body }) => {
        const path = (await log.inclusion(position, checkpoint.size)).map((node) => Buffer.from(node).toString('hex'));
        return { position, run, seq, time, body, path };
      }),
    ),
  };
}

/**
 * Reads a proof.
 *
 * @throws TokaError TOKA_PROOF_INVALID
 */
export function parseProof(text: string, file: string): { readonly proof: Proof; readonly checkpoint: SignedCheckpoint } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(file, 'text that is not JSON', cause);
  }
  const parsed = Proof.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(file, `at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'something else'}`, parsed.error);
  }
  return { proof: parsed.data, checkpoint: parseCheckpoint(parsed.data.checkpoint, file) };
}

/** The positions whose audit path does not lead to the root of the checkpoint. */
export function unproven({ entries }: Proof, { size, root }: SignedCheckpoint): number[] {
  return entries.flatMap(({ position, path, ...link }) => {
    const found = rootByInclusion(leafHash(link), position - 1, size, path.map((node) => Buffer.from(node, 'hex')));
    return found && Buffer.compare(found, root) === 0 ? [] : [position];
  });
}

function refuse(file: string, found: string, cause: unknown): TokaError {
  return new TokaError('TOKA_PROOF_INVALID', `expected a proof (${PROOF_SCHEMA}), found ${found}`, {
    hint: 'toka audit prove prints one',
    where: { file },
    cause,
  });
}
