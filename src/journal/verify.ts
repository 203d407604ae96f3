import type { StorageReader } from '@toka/sdk';
import { audit } from './audit.ts';
import type { Witnesses } from './contract.ts';
import { EventLog } from './event-log.ts';
import type { Audit } from './findings.ts';
import { weigh } from './weigh.ts';

/** Checks all that a reader sees, which is of one moment. Loaded on first use: a run needs none of it. */
export async function verify(reader: StorageReader, { keys, kept }: Witnesses): Promise<Audit> {
  const { sound, findings } = await weigh(new EventLog(reader), keys, kept);
  const found = await audit(reader, sound);
  return { ...found, ok: found.ok && findings.length === 0, findings: [...found.findings, ...findings] };
}
