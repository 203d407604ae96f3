import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../errors.ts';
import { isSignedBy, parseCheckpoint, type SignedCheckpoint, verifierKey } from '../journal/checkpoint.ts';
import type { EventLog } from '../journal/event-log.ts';
import { pruned as prunedRun } from '../journal/failures.ts';
import type { Audit, Finding } from '../journal/findings.ts';
import { parseProof, prove, unproven } from '../journal/proof.ts';
import { entriesOf, keptCheckpoints, keysOf, readGiven } from './audit-read.ts';
import type { Door } from './door.ts';
import { paint, terminal, type Terminal } from './text.ts';

export interface VerifyFlags {
  readonly checkpoint: readonly string[];
  readonly key: readonly string[];
  readonly json: boolean;
}

/** `toka audit verify` */
export async function verifyRecord({ checkpoint, key, json }: VerifyFlags, door: Door): Promise<number> {
  const kept = keptCheckpoints(checkpoint, door);
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const audit = await journal.verify({ keys: keysOf(toka, key), kept });
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/audit-verify/v1', ...audit })}\n`);
    else door.stdout.write(auditText(audit, terminal(door.stdout, door.env)));
    return audit.ok ? 0 : INTEGRITY;
  } finally {
    await toka.close();
  }
}

/** `toka audit verify --proof FILE`: needs no journal, only the key. */
export async function verifyProof(path: string, { checkpoint, key, json }: VerifyFlags, door: Door): Promise<number> {
  const { proof, checkpoint: own } = parseProof(readGiven(path, 'proof', door), path);
  const kept = keptCheckpoints(checkpoint, door);
  const toka = await door.open({ readOnly: true });
  try {
    const isSigned = isSignedBy(own, keysOf(toka, key));
    const wrong = unproven(proof, own);
    const others = kept.filter(({ text }) => text !== own.text).map(({ size }) => size);
    const ok = isSigned && wrong.length === 0 && others.length === 0;
    const { origin, size } = own;
    const result = { ok, origin, size, signed: isSigned, proven: proof.entries.length - wrong.length, unproven: wrong, otherCheckpoints: others };
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/audit-verify-proof/v1', ...result })}\n`);
    else {
      const faults = [
        ...(isSigned ? [] : ['its checkpoint is not signed by a known key: name it with --key']),
        ...wrong.map((position) => `event ${position} is not in the tree of the checkpoint`),
        ...others.map((other) => `its checkpoint is not the one of ${other} events that was given`),
      ];
      const view = terminal(door.stdout, door.env);
      const text = ok ? `${paint(view, 'green', 'proven')}: ${proof.entries.length} of ${size} events of ${origin}` : faults.map((fault) => `${paint(view, 'red', 'not proven')}: ${fault}`).join('\n');
      door.stdout.write(`${text}\n`);
    }
    return ok ? 0 : INTEGRITY;
  } finally {
    await toka.close();
  }
}

/** `toka audit prove SEQ|RUN` */
export async function proveEvents(word: string, { checkpoint }: { readonly checkpoint: string | undefined }, door: Door): Promise<number> {
  const [kept] = checkpoint === undefined ? [] : keptCheckpoints([checkpoint], door);
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const read = await entriesOf(word, journal);
    const proof = await journal.consult(async (log) => {
      const entries = await read(log);
      // A proof shows what an event says.
      const gone = entries.find(({ leaf }) => leaf !== undefined);
      if (gone) throw prunedRun(gone.run);
      return prove(log, entries, await covering(kept, Math.max(...entries.map(({ position }) => position)), log));
    });
    door.stdout.write(`${JSON.stringify(proof)}\n`);
    return 0;
  } finally {
    await toka.close();
  }
}

/** The checkpoint that was given or the newest that is stored, if it covers the event. */
async function covering(kept: SignedCheckpoint | undefined, position: number, log: EventLog): Promise<SignedCheckpoint> {
  const note = (await log.checkpoints()).at(-1)?.note;
  const checkpoint = kept ?? (note === undefined ? undefined : parseCheckpoint(note));
  if (checkpoint && checkpoint.size >= position) return checkpoint;
  throw new TokaError('TOKA_USAGE', `expected a signed checkpoint that covers event ${position}, found ${checkpoint ? `one of ${checkpoint.size} events` : 'none'}`, {
    hint: 'toka audit checkpoint signs one',
  });
}

/** `toka audit checkpoint`: verifies everything first, since what was signed once counts as good. */
export async function signRecord({ out, key, json }: { readonly out: string | undefined; readonly key: readonly string[]; readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const journal = await toka.journal();
    const audit = await journal.verify({ keys: keysOf(toka, key), kept: [] });
    if (!audit.ok) {
      throw new TokaError('TOKA_INTEGRITY', `expected a record that nobody has changed, found that ${describe(audit.findings[0])}`, {
        hint: 'nothing was signed; toka audit verify says all that is wrong',
        data: { findings: audit.findings },
      });
    }
    const signer = toka.keyring.active();
    const { note, origin, size, root } = await journal.checkpoint(signer);
    if (out !== undefined) writeFileSync(resolve(door.cwd, out), note);
    const facts = { origin, size, root: Buffer.from(root).toString('hex'), key: verifierKey(origin, signer.publicKey), note };
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/audit-checkpoint/v1', ...facts })}\n`);
    else door.stdout.write(out === undefined ? note : `${size} events are signed in ${out}; whoever has no keyring of yours verifies it with --key '${facts.key}'\n`);
    return 0;
  } finally {
    await toka.close();
  }
}

/** The exit code of an integrity error. */
const INTEGRITY = 76;

function auditText({ ok, events, pruned, root, signed, findings }: Audit, view: Terminal): string {
  const lines = findings.map((finding) => `${paint(view, 'red', finding.why.padEnd(12))} ${describe(finding)}`);
  const signedText = signed === 0 ? 'none of them is signed yet: toka audit checkpoint' : `the first ${signed} are signed`;
  const summary = ok ? `${paint(view, 'green', 'in order')}: ${events} events${pruned === 0 ? '' : `, ${pruned} of which were pruned`}; ${signedText}` : `${paint(view, 'red', 'not in order')}: ${findings.length} findings in ${events} events`;
  return `${[...lines, summary, ...(ok && root !== null ? [`root ${root}`] : [])].join('\n')}\n`;
}

/** A finding in words. */
export function describe(finding: Finding | undefined): string {
  if (!finding) return 'it is not';
  const { why, position, run, seq, field, from, size } = finding;
  const place = [position === undefined ? undefined : `event ${position}`, run === undefined ? undefined : `${seq ?? 'one'} of run ${run}`].filter((part) => part !== undefined).join(', ');
  switch (why) {
    case 'changed':
      return `${place} is not as recorded${field === undefined ? '' : `: its ${field} was changed`}`;
    case 'missing':
      return `${place} was taken out`;
    case 'inserted':
      return `${place} was never recorded`;
    case 'moved':
      return `${place} is gone; what stands there belongs to event ${from}`;
    case 'restored':
      return `${place} was pruned, and says again what it said`;
    case 'unreadable':
      return `${place} is no event`;
    case 'illegal':
      return `${place} cannot follow those before it`;
    case 'blob-missing':
    case 'blob-changed':
      return `what ${place} names beside it ${why === 'blob-missing' ? 'is gone' : 'was changed'}`;
    case 'summary':
      return `the summary of run ${run} does not fit its events`;
    case 'foreign':
      return `something stands under the key ${JSON.stringify(field)}, which no journal has`;
    case 'log':
      return `the log at ${place} does not fit: ${field}`;
    case 'checkpoint':
      return `the checkpoint of ${size} events does not count: its ${field} is wrong or unknown`;
    case 'truncated':
      return `a checkpoint covers ${size} events; those from ${position} on are gone`;
    case 'rewritten':
      return `the first ${size} events are not those that a checkpoint covers${from === 0 ? '' : `; the first ${from} are`}`;
  }
}
