import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { TokaError } from '../../errors.ts';
import type { Clock } from '../../journal/ids.ts';
import type { Anchors } from '../grammar.ts';
import { type Keyring, type KnownKey, publicJwk } from '../keyring.ts';
import { isBelow } from './chain.ts';
import { fromBase64url, MAX_BYTES, toBase64url } from './envelope.ts';
import { isSubject } from './facts.ts';
import { isTokenId, openRevocations } from './revocations.ts';
import { MAX_LIFETIME, SKEW } from './tokens.ts';

/** What sets it apart from every other JWT (RFC 8725, section 3.11). */
const TYPE = 'toka-identity+jwt';
const ALGORITHM = 'EdDSA';
const ISSUER = 'toka';

/** Who somebody is, never what they may do. Times are seconds since 1970. */
export interface Identity {
  readonly id: string;
  readonly kid: string;
  readonly subject: string;
  readonly audience: string;
  readonly issued: number;
  readonly expires: number;
  /** The folder in whose projects it holds, by its real path. */
  readonly workspace: string;
}

/** Identity tokens of one user, as a project sees them. */
export interface Identities {
  /** Makes one that holds from now on for `lifetime` seconds; in this project, unless another folder is said. */
  create(request: Pick<Identity, 'subject' | 'audience'> & { readonly lifetime: number; readonly workspace?: string }): Promise<{ readonly text: string; readonly identity: Identity }>;
  /** @throws TokaError One of the codes TOKA_TOKEN_…, or what the keyring and the list of revoked tokens throw. */
  verify(text: string, audience: string): Promise<Identity>;
}

interface IdentitiesOptions {
  /** That of the keyring, where the list of revoked tokens lies too. */
  readonly folder: string;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly anchors: Anchors;
}

const claims = z.object({
  sub: z.string().refine(isSubject),
  aud: z.string().refine(isSubject),
  jti: z.string().refine(isTokenId),
  iat: z.int(),
  exp: z.int(),
  workspace: z.string().startsWith('/'),
});

/** Opens a user's identity tokens; nothing is read or made before it is used. */
export function openIdentities({ folder, keyring, clock, anchors }: IdentitiesOptions): Identities {
  const revocations = openRevocations(join(folder, 'revoked.json'));
  return {
    create: async ({ subject, audience, lifetime, workspace = anchors.root }) => {
      const issued = Math.floor(clock.now() / 1000);
      const key = keyring.active();
      const identity = { id: randomBytes(16).toString('hex'), kid: key.kid, subject, audience, issued, expires: issued + lifetime, workspace: anchors.realPath(workspace) };
      demandBounds(identity);
      const signed = [{ alg: ALGORITHM, typ: TYPE, kid: key.kid }, claimsOf(identity)].map((part) => toBase64url(Buffer.from(JSON.stringify(part)))).join('.');
      const text = `${signed}.${toBase64url(key.sign(Buffer.from(signed)))}`;
      if (text.length > MAX_BYTES) throw oversized(text.length);
      return { text, identity };
    },
    verify: async (text, audience) => {
      demandForm(text);
      const identity = await read(text, { audience, keyring, now: clock.now() });
      demandBounds(identity);
      const here = anchors.realPath(anchors.root);
      if (!isBelow(here, identity.workspace)) {
        throw new TokaError('TOKA_TOKEN_WORKSPACE', `the identity token holds only in ${identity.workspace}, this is ${here}`, { hint: 'use it there' });
      }
      if (revocations.firstOf([identity.id]) === undefined) return identity;
      throw new TokaError('TOKA_TOKEN_REVOKED', 'the identity token was revoked', { hint: 'ask whoever gave it to you for a new one' });
    },
  };
}

function claimsOf({ id, subject, audience, issued, expires, workspace }: Identity): Readonly<Record<string, string | number>> {
  return { iss: ISSUER, sub: subject, aud: audience, iat: issued, nbf: issued, exp: expires, jti: id, workspace };
}

/** What is not of this form is not parsed; and one token has one text. */
function demandForm(text: string): void {
  if (text.length > MAX_BYTES) throw oversized(text.length);
  if (!text.startsWith('eyJ')) throw wrongType(text.startsWith('toka-capability-') ? 'a capability token' : 'something else');
  const parts = text.split('.');
  // A token that is not signed at all has an empty last part; that its algorithm is none says more.
  if (parts.length === 3 && parts.every((part) => fromBase64url(part) !== undefined)) return;
  throw invalid();
}

/** Checks kind, key, signature, issuer, audience and time, in jose's order. */
async function read(text: string, { audience, keyring, now }: { readonly audience: string; readonly keyring: Keyring; readonly now: number }): Promise<Identity> {
  const { jwtVerify } = await import('jose/jwt/verify');
  try {
    const { payload, protectedHeader } = await jwtVerify(text, (header) => publicJwk(keyOf(header, keyring)), {
      algorithms: [ALGORITHM],
      audience,
      clockTolerance: SKEW,
      currentDate: new Date(now),
      issuer: ISSUER,
      maxTokenAge: MAX_LIFETIME,
      requiredClaims: ['exp', 'iat', 'jti', 'nbf', 'sub', 'workspace'],
      typ: TYPE,
    });
    const { sub, aud, jti, iat, exp, workspace } = claims.parse(payload);
    return { id: jti, kid: protectedHeader.kid ?? '', subject: sub, audience: aud, issued: iat, expires: exp, workspace };
  } catch (thrown) {
    throw thrown instanceof TokaError ? thrown : refusal(thrown);
  }
}

function keyOf({ typ, kid }: { readonly typ?: string; readonly kid?: unknown }, keyring: Keyring): KnownKey {
  if (typ !== TYPE) throw wrongType('another JWT');
  const key = typeof kid === 'string' ? keyring.publicKey(kid) : undefined;
  if (key && key.state !== 'expired') return key;
  throw new TokaError('TOKA_TOKEN_KEY_UNKNOWN', key ? `the key ${key.kid} that signed the identity token has expired` : 'the key that signed the identity token is not in the keyring', {
    hint: 'toka auth keys list shows the keys that count here; make a new one with toka auth identity create',
  });
}

/** What jose's errors carry (its codes are part of its interface). */
interface JoseError {
  readonly code?: string;
  readonly claim?: string;
  readonly reason?: string;
}

function refusal(thrown: unknown): TokaError {
  const { code, claim, reason } = thrown as JoseError;
  if (code === 'ERR_JOSE_ALG_NOT_ALLOWED') {
    return new TokaError('TOKA_TOKEN_ALGORITHM', `expected an identity token that is signed with ${ALGORITHM}`, { hint: 'no other algorithm is accepted' });
  }
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') {
    return new TokaError('TOKA_TOKEN_FORGED', 'the signature of the identity token does not fit what it signs', { hint: 'do not use it; make a new one with toka auth identity create' });
  }
  if (code === 'ERR_JWT_EXPIRED') return new TokaError('TOKA_TOKEN_EXPIRED', 'the identity token has expired', { hint: 'ask whoever gave it to you for a new one' });
  if (code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED' || reason !== 'check_failed') return invalid();
  if (claim === 'aud') return new TokaError('TOKA_TOKEN_AUDIENCE', 'the identity token is meant for another audience', { hint: 'make one for this audience with toka auth identity create' });
  if (claim === 'nbf' || claim === 'iat') {
    return new TokaError('TOKA_TOKEN_FUTURE', 'the identity token was made at a time that is still to come', { hint: 'compare the clocks of both machines' });
  }
  return invalid();
}

function demandBounds({ issued, expires }: Identity): void {
  if (expires - issued <= MAX_LIFETIME) return;
  throw new TokaError('TOKA_TOKEN_OVERSIZED', `an identity token lives at most ${MAX_LIFETIME / 3600} hours`, { hint: 'make a new one when it expires' });
}

function oversized(found: number): TokaError {
  return new TokaError('TOKA_TOKEN_OVERSIZED', `an identity token has at most ${MAX_BYTES} bytes, found ${found}`, { hint: 'choose a workspace with a shorter path' });
}

function wrongType(found: string): TokaError {
  return new TokaError('TOKA_TOKEN_TYPE', `expected an identity token (${TYPE}), found ${found}`, { hint: 'toka auth identity create makes one' });
}

/** Without its cause, which would hold the claims. */
function invalid(): TokaError {
  return new TokaError('TOKA_TOKEN_INVALID', 'the identity token is not complete, or says something that none of toka’s says', { hint: 'was it copied as a whole?' });
}
