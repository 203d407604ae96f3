import { hexDigest } from '../../digest.ts';
import { TokaError } from '../../errors.ts';
import type { Clock } from '../../journal/ids.ts';
import { EffectiveSet } from '../effective.ts';
import { anchorGrant, type Anchors, type Capability, parseCapability } from '../grammar.ts';
import { type Keyring, thumbprint } from '../keyring.ts';
import { Principal } from '../principal.ts';
import type { TokenBudget } from '../token-budgets.ts';
import { biscuit, type Biscuit, ED25519 } from './biscuit.ts';
import { isBelow, narrowed, type Rights, rightsOf } from './chain.ts';
import { type Envelope, parseEnvelope, printEnvelope } from './envelope.ts';
import { type Authority, MAX_CAPABILITIES, parseAuthority, parseRestrictions, printAuthority, printRestrictions, type Restrictions, tooMany } from './facts.ts';
import { isTokenId, type Revocations } from './revocations.ts';
import { isWithin, printWindow } from './window.ts';

/** Seconds; a token that should live longer is refused. */
export const MAX_LIFETIME = 24 * 3600;
/** Seconds by which the clocks of two machines may differ. */
export const SKEW = 5;
/** How often a token may be handed on at the most. */
export const MAX_DEPTH = 16;
/** Nothing in an accepted block takes time, but the first call compiles code, on a busy machine for longer than the default of 1 ms allows. */
const LIMITS = { max_facts: 1000, max_iterations: 100, max_time_micro: 10_000_000 };

/** What a token says; nothing of it lets anybody use it. */
export interface TokenFacts extends Rights {
  /** The ids of the tokens that it was made from, the oldest first, and its own as the last. */
  readonly chain: readonly string[];
  /** The key that signed the oldest. */
  readonly kid: string;
  /** The budgets in it and in those that it was made from. */
  readonly budgets: readonly TokenBudget[];
}

/** Decides whether a text is a token that holds here and now. Behind it stands Biscuit; another format would be another verifier. */
export interface TokenVerifier {
  /** @throws TokaError One of the codes TOKA_TOKEN_…, or what the keyring and the list of revoked tokens throw. */
  verify(text: string): TokenFacts;
}

/** Tokens of one user, as a project sees them. */
export interface Tokens extends TokenVerifier {
  /** Reads a capability as it goes into a token: a file scope is made absolute here. */
  capability(text: string): Capability;
  /** A folder as it goes into a token: by its real path. */
  workspace(folder: string): string;
  /** Makes a token; it holds from now on for `lifetime` seconds. */
  create(request: Omit<Authority, 'issued' | 'expires'> & { readonly lifetime: number }): NewToken;
  /** Makes a narrower one from a token; needs no key of the keyring. A later end than that of the token is its end. */
  attenuate(text: string, restrictions: Restrictions): NewToken;
  /** Reads a token whose parts belong together, whoever signed it and whether or not it holds. */
  inspect(text: string): TokenFacts;
  /** Takes a token back, with all that were made from it. */
  revoke(idOrText: string): string;
  /** Who acts with a token: may do what it says, as long as it holds. */
  bearer(text: string): Principal;
}

/** A token and what it says. */
export interface NewToken {
  readonly text: string;
  readonly facts: TokenFacts;
}

export interface TokensOptions {
  readonly keyring: Keyring;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly anchors: Anchors;
}

export function createTokens({ keyring, revocations, clock, anchors }: TokensOptions): Tokens {
  const workspace = anchors.realPath(anchors.root);
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const verify = (text: string): TokenFacts => {
    const envelope = parseEnvelope(text);
    demandKey(envelope, keyring);
    const facts = read(envelope);
    demandHolds(facts, { now: clock.now(), workspace, revocations });
    return facts;
  };
  return {
    verify,
    workspace: anchors.realPath,
    capability: (text) => anchorGrant(parseCapability(text), anchors),
    inspect: (text) => read(parseEnvelope(text)),
    create: ({ lifetime, ...request }) => {
      const issued = seconds();
      const authority = { ...request, issued, expires: issued + lifetime };
      demandBounds(authority);
      const key = keyring.active();
      const { Biscuit, PrivateKey } = biscuit();
      const builder = Biscuit.builder();
      builder.addCode(printAuthority(authority));
      const made = key.withSeed((seed) => {
        const secret = PrivateKey.fromBytes(seed, ED25519);
        try {
          return builder.build(secret);
        } finally {
          secret.free();
        }
      });
      return newToken(key.publicKey, made);
    },
    attenuate: (text, { expires, ...restrictions }) => {
      const { publicKey, biscuit: bytes } = parseEnvelope(text);
      const facts = read({ publicKey, biscuit: bytes });
      const block = { ...restrictions, ...(expires === undefined ? {} : { expires: Math.min(expires, facts.expires) }) };
      demandBounds({ ...facts, ...narrowed(facts, block) });
      const { Biscuit } = biscuit();
      const builder = Biscuit.block_builder();
      builder.addCode(printRestrictions(block));
      return newToken(publicKey, parse(publicKey, bytes).appendBlock(builder));
    },
    revoke: (idOrText) => {
      const now = seconds();
      const facts = isTokenId(idOrText) ? undefined : read(parseEnvelope(idOrText));
      const id = facts?.chain.at(-1) ?? idOrText;
      // Nothing is known of an id alone, but that no token lives longer.
      revocations.add(id, (facts?.expires ?? now + MAX_LIFETIME) + SKEW, now);
      return id;
    },
    bearer: (text) => {
      const facts = verify(text);
      const set = new EffectiveSet(facts.capabilities.map((capability) => ({ capability, source: 'token' })));
      let latest = clock.now();
      return Principal.bearer(facts.subject, set, {
        chain: facts.chain,
        budgets: facts.budgets,
        expiresAt: (facts.expires + SKEW) * 1000,
        check: () => {
          const now = clock.now();
          if (now < latest - SKEW * 1000) throw setBack();
          latest = Math.max(now, latest);
          demandHolds(facts, { now, workspace, revocations });
        },
      });
    },
  };
}

function newToken(publicKey: Uint8Array, made: Biscuit): NewToken {
  const envelope = { publicKey, biscuit: made.toBytes() };
  return { text: printEnvelope(envelope), facts: read(envelope) };
}

function demandKey({ publicKey }: Envelope, keyring: Keyring): void {
  const key = keyring.publicKey(kidOf(publicKey));
  if (key && key.state !== 'expired') return;
  throw new TokaError('TOKA_TOKEN_KEY_UNKNOWN', key ? `the key ${key.kid} that signed the token has expired` : 'the key that signed the token is not in the keyring', {
    hint: 'toka auth keys list shows the keys that count here; make a new token with toka auth token create',
  });
}

function kidOf(publicKey: Uint8Array): string {
  return thumbprint(Buffer.from(publicKey).toString('base64url'));
}

/** Checks every signature of the chain, and computes what it comes to. */
function read({ publicKey, biscuit: bytes }: Envelope): TokenFacts {
  const token = parse(publicKey, bytes);
  const count = token.countBlocks();
  if (count > MAX_DEPTH + 1) throw new TokaError('TOKA_TOKEN_OVERSIZED', `a token is handed on at most ${MAX_DEPTH} times, found ${count - 1}`);
  const sources = Array.from({ length: count }, (_, at) => token.getBlockSource(at));
  const [first = '', ...others] = sources;
  const authority = parseAuthority(first);
  const blocks = others.map(parseRestrictions);
  const rights = rightsOf(authority, blocks);
  demandBounds(rights);
  demandChecks(token);
  const chain = (token.getRevocationIdentifiers() as string[]).map((id) => hexDigest(Buffer.from(id, 'hex')).slice(0, 32));
  return { ...rights, chain, kid: kidOf(publicKey), budgets: budgetsOf([authority, ...blocks], chain) };
}

/** The account of each token is kept as long as that one holds, which may be longer than one that was made from it. */
function budgetsOf(blocks: readonly Restrictions[], chain: readonly string[]): TokenBudget[] {
  return blocks.flatMap(({ budget }, at) => {
    const { [at]: token } = chain;
    const expires = Math.min(...blocks.slice(0, at + 1).map((block) => block.expires ?? Infinity));
    return budget === undefined || token === undefined ? [] : [{ token, budget, until: (expires + SKEW) * 1000 }];
  });
}

function parse(publicKey: Uint8Array, bytes: Uint8Array): Biscuit {
  const { Biscuit, PublicKey } = biscuit();
  try {
    return Biscuit.fromBytes(bytes, PublicKey.fromBytes(publicKey, ED25519));
  } catch (thrown) {
    const isSignature = typeof thrown === 'object' && thrown !== null && 'Signature' in ((thrown as { Format?: object }).Format ?? {});
    if (isSignature) throw new TokaError('TOKA_TOKEN_FORGED', 'a signature of the token does not fit what it signs', { hint: 'do not use it; make a new one with toka auth token create' });
    throw new TokaError('TOKA_TOKEN_INVALID', 'the token is not complete, or not one at all', { cause: thrown, hint: 'was it copied as a whole?' });
  }
}

/** Whatever Biscuit itself would have to decide: no block that is accepted holds a check, and this says so if one ever did. */
function demandChecks(token: Biscuit): void {
  const { AuthorizerBuilder } = biscuit();
  try {
    const builder = new AuthorizerBuilder();
    builder.addCode('allow if true');
    builder.buildAuthenticated(token).authorizeWithLimits(LIMITS);
  } catch (cause) {
    throw new TokaError('TOKA_TOKEN_INVALID', 'the token does not pass its own checks', { cause, hint: 'make tokens with toka auth token create and attenuate' });
  }
}

function demandBounds({ capabilities, issued, expires, depth }: Pick<Rights, 'capabilities' | 'issued' | 'expires' | 'depth'>): void {
  if (capabilities.length > MAX_CAPABILITIES) throw tooMany(capabilities.length);
  if (expires - issued > MAX_LIFETIME) throw new TokaError('TOKA_TOKEN_OVERSIZED', `a token lives at most ${MAX_LIFETIME / 3600} hours`, { hint: 'make a new one when it expires' });
  if (depth > MAX_DEPTH) throw new TokaError('TOKA_TOKEN_OVERSIZED', `a token is handed on at most ${MAX_DEPTH} times, found ${depth}`);
}

interface Here {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly workspace: string;
  readonly revocations: Revocations;
}

/** Whether a token holds at this moment and in this project. */
function demandHolds({ issued, expires, windows, workspace, chain }: TokenFacts, here: Here): void {
  const now = here.now / 1000;
  if (now < issued - SKEW) throw future(issued);
  if (now >= expires + SKEW) throw new TokaError('TOKA_TOKEN_EXPIRED', `the token has expired at ${date(expires)}`, { hint: 'ask whoever gave it to you for a new one' });
  const closed = windows.find((window) => !isWithin(window, here.now));
  if (closed) throw new TokaError('TOKA_TOKEN_WINDOW', `the token holds only ${printWindow(closed)}`, { hint: 'wait until then' });
  if (workspace !== undefined && !isBelow(here.workspace, workspace)) {
    throw new TokaError('TOKA_TOKEN_WORKSPACE', `the token holds only in ${workspace}, this is ${here.workspace}`, { hint: 'use it there' });
  }
  const revoked = here.revocations.firstOf(chain);
  if (revoked === undefined) return;
  throw new TokaError('TOKA_TOKEN_REVOKED', revoked === chain.at(-1) ? 'the token was revoked' : `the token was made from ${revoked}, which was revoked`, {
    hint: 'ask whoever gave it to you for a new one',
  });
}

function future(issued: number): TokaError {
  return new TokaError('TOKA_TOKEN_FUTURE', `the token was made at ${date(issued)}, which is still to come`, { hint: 'compare the clocks of both machines' });
}

/** A clock that is set back would make a token live longer. */
function setBack(): TokaError {
  return new TokaError('TOKA_TOKEN_FUTURE', 'the clock was set back while the token was in use', { hint: 'set the clock, and start again' });
}

function date(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
