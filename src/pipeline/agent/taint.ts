import { onOneLine, plain } from '../../manifest/plain.ts';
import type { Taint } from './port.ts';

const MAX_LENGTH = 500;

/** A value that a person or a rule has to agree to, as it is recorded and shown: `flow:url:http://…`. */
export function printFlow({ role, value }: Taint): string {
  const text = onOneLine(plain(value));
  return `flow:${role}:${text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text}`;
}

/** Why it has to be agreed to. */
export function reasonOfTaint({ parameter, origins, seenIn }: Taint): string {
  const where = seenIn === undefined ? `nobody who is trusted has named it, and what was read comes from ${origins.join(', ')}` : `it stands in ${onOneLine(plain(seenIn))}, which comes from ${origins.join(', ')}`;
  return `for ${parameter}: ${where}`;
}
