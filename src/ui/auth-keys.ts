import { type KnownKey, publicJwk } from '../capability/keyring.ts';
import { TokaError } from '../errors.ts';
import { parseDuration } from '../manifest/units.ts';
import type { Door } from './door.ts';
import { demandOwnRight } from './own-right.ts';
import { when } from './runs-list.ts';
import { paint, table, terminal, type Terminal } from './text.ts';

/** `toka auth keys list`. */
export async function listKeys({ json, jwks }: { readonly json: boolean; readonly jwks: boolean }, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    if (jwks) door.stdout.write(`${JSON.stringify(keySet(toka.keyring.list()))}\n`);
    else print(toka.keyring.list(), json, door);
    return 0;
  } finally {
    await toka.close();
  }
}

/** `toka auth keys rotate`. */
export async function rotateKeys({ json, overlap }: { readonly json: boolean; readonly overlap: string }, door: Door): Promise<number> {
  demandOwnRight(door.env);
  const overlapMs = parseDuration(overlap);
  if (overlapMs === undefined) {
    throw new TokaError('TOKA_USAGE', `--overlap takes a duration, found "${overlap}"`, { hint: 'write for instance --overlap 24h, or --overlap 0s' });
  }
  const toka = await door.open({ readOnly: true });
  try {
    toka.keyring.rotate(overlapMs);
    print(toka.keyring.list(), json, door);
    return 0;
  } finally {
    await toka.close();
  }
}

function print(keys: readonly KnownKey[], json: boolean, door: Door): void {
  door.stdout.write(json ? `${JSON.stringify({ schema: 'toka/key-list/v1', keys: keys.map(shown) })}\n` : keyTable(keys, terminal(door.stdout, door.env)));
}

function shown({ kid, state, createdAt, expiresAt, publicKey }: KnownKey): Readonly<Record<string, unknown>> {
  return {
    kid,
    state,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    algorithm: 'Ed25519',
    publicKey: Buffer.from(publicKey).toString('base64url'),
  };
}

/** A JWK set (RFC 7517, RFC 8037) of the keys that still verify. */
function keySet(keys: readonly KnownKey[]): { readonly keys: readonly Readonly<Record<string, string>>[] } {
  const verifying = keys.filter(({ state }) => state !== 'expired');
  return { keys: verifying.map((key) => ({ ...publicJwk(key), kid: key.kid, alg: 'EdDSA', use: 'sig' })) };
}

function keyTable(keys: readonly KnownKey[], view: Terminal): string {
  const rows = keys.map(({ kid, state, createdAt, expiresAt }) => [kid, state, when(createdAt), expiresAt === undefined ? '' : when(expiresAt)]);
  const text = table(['KEY', 'STATE', 'MADE', 'VERIFIES UNTIL'], rows, view);
  return keys.length === 0 ? `${text}${paint(view, 'dim', 'no keys yet: the first is made when one is needed')}\n` : text;
}
