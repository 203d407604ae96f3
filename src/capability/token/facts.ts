import type { Budget } from '../../config/config.ts';
import { TokaError } from '../../errors.ts';
import { parseBudget, printBudget } from '../budget-text.ts';
import { type Capability, parseCapability, printCapability } from '../grammar.ts';
import { parseWindow, printWindow, type Window } from './window.ts';

/** A capability, and how many of them one token may hold. */
export const MAX_CAPABILITIES = 100;

/** What one block says: each part restricts, whatever is absent stays as it was. Times are seconds since 1970. */
export interface Restrictions {
  readonly capabilities?: readonly Capability[];
  readonly expires?: number;
  /** How often the token may be handed on from here. */
  readonly depth?: number;
  readonly window?: Window;
  /** Absolute. */
  readonly workspace?: string;
  /** What may be used over all runs with the token, and with those that are made from it. */
  readonly budget?: Budget;
}

/** What the first block says, which the key signed. */
export interface Authority extends Restrictions {
  readonly subject: string;
  readonly issued: number;
  readonly capabilities: readonly Capability[];
  readonly expires: number;
  readonly depth: number;
}

/** Whether a text may name somebody: it stands in records and messages. */
export function isSubject(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u.test(text);
}

/** The version of this language; a token of a later one is refused. */
const VERSION = 1;

/** Prints the facts of a block in Biscuit's language. */
export function printAuthority({ subject, issued, ...restrictions }: Authority): string {
  return [`toka(${VERSION});`, `subject(${quoted(subject)});`, `issued(${issued});`, printRestrictions(restrictions)].join('\n');
}

/** Prints the facts of a block that narrows. */
export function printRestrictions({ capabilities = [], expires, depth, window, workspace, budget }: Restrictions): string {
  return [
    ...capabilities.map((capability) => `capability(${quoted(printCapability(capability))});`),
    ...(expires === undefined ? [] : [`expires(${expires});`]),
    ...(depth === undefined ? [] : [`depth(${depth});`]),
    ...(window === undefined ? [] : [`window(${quoted(printWindow(window))});`]),
    ...(workspace === undefined ? [] : [`workspace(${quoted(workspace)});`]),
    ...(budget === undefined ? [] : [`budget(${quoted(printBudget(budget))});`]),
  ].join('\n');
}

/** @throws TokaError TOKA_TOKEN_INVALID, TOKA_TOKEN_OVERSIZED */
export function parseAuthority(source: string): Authority {
  const { text, number, ...restrictions } = parse(source, ['toka', 'subject', 'issued']);
  const { capabilities, expires, depth } = restrictions;
  const [version, subject, issued] = [number.get('toka'), text.get('subject'), number.get('issued')];
  if (version !== VERSION) throw invalid(`its version is ${version ?? 'not given'}, expected ${VERSION}`);
  if (subject === undefined || issued === undefined || expires === undefined || depth === undefined || capabilities === undefined) {
    throw invalid('its first block lacks a subject, times, a depth or capabilities');
  }
  if (!isSubject(subject)) throw invalid('its subject is no name');
  return { ...shared(restrictions), subject, issued, capabilities, expires, depth };
}

/** @throws TokaError TOKA_TOKEN_INVALID, TOKA_TOKEN_OVERSIZED */
export function parseRestrictions(source: string): Restrictions {
  return shared(parse(source, []));
}

/** A fact as Biscuit prints it. What could end a text, or mean something in one, stands as %XX: Biscuit prints texts as they are. */
const FACT = /^([a-z]+)\((?:"((?:[^"\\%\u0000-\u001f\u007f]|%[0-9A-F]{2})*)"|(\d{1,12}))\);$/;
const SHARED = ['capability', 'expires', 'depth', 'window', 'workspace', 'budget'];
const NUMBERS = ['toka', 'issued', 'expires', 'depth'];

interface Parsed extends Restrictions {
  readonly text: ReadonlyMap<string, string>;
  readonly number: ReadonlyMap<string, number>;
}

/** Reads a block fact by fact: a rule, a check, a fact of another name or form, or the same one twice makes the whole token invalid. */
function parse(source: string, own: readonly string[]): Parsed {
  const text = new Map<string, string>();
  const number = new Map<string, number>();
  const capabilities: Capability[] = [];
  for (const line of source.split('\n')) {
    if (line === '') continue;
    const [, name = '', quote, digits] = FACT.exec(line) ?? [];
    const isNumber = digits !== undefined;
    if (![...SHARED, ...own].includes(name) || NUMBERS.includes(name) !== isNumber) throw invalid('it holds a fact, rule or check that toka does not know');
    if (text.has(name) || number.has(name)) throw invalid(`it says "${name}" twice`);
    if (isNumber) number.set(name, Number(digits));
    else if (name === 'capability') capabilities.push(fileScoped(unquoted(quote ?? '')));
    else text.set(name, unquoted(quote ?? ''));
  }
  if (capabilities.length > MAX_CAPABILITIES) throw tooMany(capabilities.length);
  const [expires, depth, window, workspace, budget] = [number.get('expires'), number.get('depth'), text.get('window'), text.get('workspace'), text.get('budget')];
  if (workspace !== undefined && !workspace.startsWith('/')) throw invalid('its workspace is no absolute path');
  return {
    text,
    number,
    ...(capabilities.length === 0 ? {} : { capabilities }),
    ...(expires === undefined ? {} : { expires }),
    ...(depth === undefined ? {} : { depth }),
    ...(window === undefined ? {} : { window: windowOf(window) }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(budget === undefined ? {} : { budget: budgetOf(budget) }),
  };
}

function shared({ capabilities, expires, depth, window, workspace, budget }: Restrictions): Restrictions {
  return {
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(expires === undefined ? {} : { expires }),
    ...(depth === undefined ? {} : { depth }),
    ...(window === undefined ? {} : { window }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(budget === undefined ? {} : { budget }),
  };
}

export function tooMany(found: number): TokaError {
  return new TokaError('TOKA_TOKEN_OVERSIZED', `a token holds at most ${MAX_CAPABILITIES} capabilities, found ${found}`, { hint: 'name folders instead of files' });
}

/** File scopes in a token are absolute: what they are relative to would be the verifier's guess. */
function fileScoped(text: string): Capability {
  try {
    const capability = parseCapability(text);
    if (capability.domain !== 'fs' || capability.scope === undefined || capability.scope.startsWith('/')) return capability;
  } catch (cause) {
    throw invalid('it holds a capability that cannot be read', cause);
  }
  throw invalid('it holds a relative file scope');
}

function windowOf(text: string): Window {
  try {
    return parseWindow(text);
  } catch (cause) {
    throw invalid('it holds a time window that cannot be read', cause);
  }
}

function budgetOf(text: string): Budget {
  try {
    return parseBudget(text);
  } catch (cause) {
    throw invalid('it holds a budget that cannot be read', cause);
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\%\u0000-\u001f\u007f]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)}"`;
}

function unquoted(text: string): string {
  return text.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function invalid(why: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_TOKEN_INVALID', `the token cannot be accepted: ${why}`, { cause, hint: 'make tokens with toka auth token create and attenuate' });
}
