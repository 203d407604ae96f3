import { resolve } from 'node:path';
import { parseBudget, printBudget } from '../capability/budget-text.ts';
import { printCapability } from '../capability/grammar.ts';
import { isSubject, type Restrictions } from '../capability/token/facts.ts';
import { isTokenId } from '../capability/token/revocations.ts';
import { MAX_DEPTH, type NewToken, type TokenFacts, type Tokens } from '../capability/token/tokens.ts';
import { parseWindow, printWindow } from '../capability/token/window.ts';
import { TokaError, toTokaError } from '../errors.ts';
import { localUser } from '../toka.ts';
import type { Door } from './door.ts';
import { demandOwnRight } from './own-right.ts';
import { when } from './runs-list.ts';
import { paint, plain, plainLine, terminal } from './text.ts';
import { lifetimeOf, readToken, writeToken } from './token-files.ts';

interface NarrowingFlags {
  readonly allow?: readonly string[] | undefined;
  readonly budget?: string | undefined;
  readonly depth?: string | undefined;
  readonly json: boolean;
  readonly 'no-delegate': boolean;
  readonly out?: string | undefined;
  readonly ttl?: string | undefined;
  readonly window?: string | undefined;
  readonly workspace?: string | undefined;
}

/** How often a token may be handed on unless it is said. */
const USUAL_DEPTH = 4;

/** `toka auth token create`. */
export async function createToken(flags: NarrowingFlags & { readonly subject?: string | undefined; readonly ttl: string }, door: Door): Promise<number> {
  demandOwnRight(door.env);
  return withTokens(door, (tokens) => {
    const { expires: _end, depth = USUAL_DEPTH, capabilities = [], ...others } = restrictionsOf(flags, tokens, door);
    const made = tokens.create({ subject: subjectOf(flags.subject ?? localUser()), depth, capabilities, ...others, lifetime: lifetimeOf(flags.ttl) });
    return handOver(made, flags, door);
  });
}

/** `toka auth token attenuate`. */
export async function attenuateToken(source: string | undefined, flags: NarrowingFlags, door: Door): Promise<number> {
  const text = await read(source, door);
  return withTokens(door, (tokens) => handOver(tokens.attenuate(text, restrictionsOf(flags, tokens, door)), flags, door));
}

/** `toka auth token inspect`: says what a token says, whoever signed it. */
export async function inspectToken(source: string | undefined, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const text = await read(source, door);
  return withTokens(door, (tokens) => {
    const facts = tokens.inspect(text);
    const lapse = lapseOf(tokens, text);
    const verdict = lapse ? { holds: false, reason: { code: lapse.code, message: lapse.message } } : { holds: true };
    door.stdout.write(json ? `${JSON.stringify({ ...shown(facts), ...verdict })}\n` : describe(facts, lapse, door));
    return 0;
  });
}

/** `toka auth token verify`. */
export async function verifyToken(source: string | undefined, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const text = await read(source, door);
  return withTokens(door, (tokens) => {
    const facts = tokens.verify(text);
    door.stdout.write(json ? `${JSON.stringify({ ...shown(facts), holds: true })}\n` : describe(facts, undefined, door));
    return 0;
  });
}

/** `toka auth revoke`. */
export async function revokeToken(source: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const idOrText = isTokenId(source) ? source : await read(source, door);
  return withTokens(door, (tokens) => {
    const id = tokens.revoke(idOrText);
    door.stdout.write(json ? `${JSON.stringify({ schema: 'toka/revocation/v1', id })}\n` : `revoked ${id} and all that were made from it\n`);
    return 0;
  });
}

async function withTokens(door: Door, work: (tokens: Tokens) => number): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    return work(await toka.tokens());
  } finally {
    await toka.close();
  }
}

function restrictionsOf(flags: NarrowingFlags, tokens: Tokens, door: Door): Restrictions {
  const depth = flags['no-delegate'] ? 0 : flags.depth === undefined ? undefined : depthOf(flags.depth);
  return {
    ...(flags.allow === undefined ? {} : { capabilities: flags.allow.map((text) => tokens.capability(text)) }),
    ...(flags.budget === undefined ? {} : { budget: parseBudget(flags.budget) }),
    ...(flags.ttl === undefined ? {} : { expires: Math.floor(Date.now() / 1000) + lifetimeOf(flags.ttl) }),
    ...(depth === undefined ? {} : { depth }),
    ...(flags.window === undefined ? {} : { window: parseWindow(flags.window) }),
    ...(flags.workspace === undefined ? {} : { workspace: tokens.workspace(resolve(door.cwd, flags.workspace)) }),
  };
}

function subjectOf(text: string): string {
  if (isSubject(text)) return text;
  throw new TokaError('TOKA_USAGE', '--subject takes a name of 1 to 100 characters, none of which controls a terminal', { hint: 'write for instance --subject agent:reviewer' });
}

function depthOf(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= MAX_DEPTH) return Number(text);
  throw new TokaError('TOKA_USAGE', `--depth takes a whole number from 0 to ${MAX_DEPTH}, found "${text}"`, { hint: 'write for instance --depth 2' });
}

/** The token that a command is about: named on its line, or the one that this process acts with. */
async function read(source: string | undefined, door: Door): Promise<string> {
  const from = source ?? door.env['TOKA_TOKEN_FILE'] ?? '';
  if (from === '') throw new TokaError('TOKA_USAGE', 'expected a file with a token, or - for standard input', { hint: 'or name the file in TOKA_TOKEN_FILE' });
  return readToken(from, door);
}

/** Writes a new token where it was asked for, and says what it is. */
function handOver({ text, facts }: NewToken, { out, json }: NarrowingFlags, door: Door): number {
  const file = out === undefined ? undefined : resolve(door.cwd, out);
  if (file !== undefined) writeToken(file, text);
  if (json) door.stdout.write(`${JSON.stringify({ ...shown(facts), ...(file === undefined ? { token: text } : { file }) })}\n`);
  else if (file === undefined) door.stdout.write(`${text}\n`);
  else door.stdout.write(`${plain(file)} holds the token ${facts.chain.at(-1)}, until ${when(facts.expires * 1000)}\n`);
  return 0;
}

function lapseOf(tokens: Tokens, text: string): TokaError | undefined {
  try {
    tokens.verify(text);
    return undefined;
  } catch (error) {
    return toTokaError(error);
  }
}

function shown({ budget, capabilities, chain, depth, expires, issued, kid, subject, windows, workspace }: TokenFacts): Readonly<Record<string, unknown>> {
  return {
    schema: 'toka/token/v1',
    id: chain.at(-1),
    chain,
    kid,
    subject,
    issuedAt: issued * 1000,
    expiresAt: expires * 1000,
    depth,
    capabilities: capabilities.map(printCapability),
    windows: windows.map(printWindow),
    ...(workspace === undefined ? {} : { workspace }),
    ...(isBounded(budget) ? { budget } : {}),
  };
}

function isBounded(budget: TokenFacts['budget']): boolean {
  return Object.keys(budget).length > 0;
}

function describe({ budget, capabilities, chain, depth, expires, issued, kid, subject, windows, workspace }: TokenFacts, lapse: TokaError | undefined, door: Door): string {
  const view = terminal(door.stdout, door.env);
  const lines = [
    lapse ? `${paint(view, 'red', 'does not hold here and now')}: ${lapse.code}, ${lapse.message}` : paint(view, 'green', 'holds here and now'),
    `id           ${chain.at(-1)}`,
    ...(chain.length === 1 ? [] : [`made from    ${chain.slice(0, -1).join(', ')}`]),
    `key          ${kid}`,
    `subject      ${subject}`,
    `made         ${when(issued * 1000)}`,
    `expires      ${when(expires * 1000)}`,
    `handed on    ${depth === 0 ? 'not any more' : `at most ${depth} times more`}`,
    ...windows.map((window) => `only         ${printWindow(window)}`),
    ...(workspace === undefined ? [] : [`only in      ${workspace}`]),
    ...(isBounded(budget) ? [`uses at most ${printBudget(budget)}`] : []),
    ...capabilities.map((capability) => `permits      ${printCapability(capability)}`),
  ];
  return lines.map((line) => `${plainLine(line.replaceAll(/[\n\t]/g, ' '))}\n`).join('');
}
