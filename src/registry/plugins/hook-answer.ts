import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '@toka/sdk';
import { hexDigest } from '../../digest.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import type { PackageOrigin } from '../../manifest/tool.ts';
import { replaceFile } from '../../replace-file.ts';
import { stampOf } from '../index-file.ts';
import type { HookAnswer } from '../sources.ts';
import { answersFolder } from './record.ts';

/** What a hook said, or that it failed, and of what files. */
type Asked = { readonly key: string } & ({ readonly answer: JsonValue } | { readonly failure: { readonly message: string; readonly hint?: string } });

interface Kept {
  /** What somebody has agreed to; it counts for whatever files say just the same. */
  readonly agreed?: JsonValue;
  readonly asked?: Asked;
}

/** The form of what is kept; an answer in another one counts as one that nobody has agreed to. */
const KEPT_VERSION = 1;

/**
 * Asks the hook of a plugin once: what it said, and that it failed, holds until its files change. So it cannot say one thing when a person agrees
 * to it and another one later, and one that hangs is waited for once.
 *
 * @param data The user's data folder.
 * @throws TokaError TOKA_PLUGIN_FAILED, also where that was kept; whatever else `ask` throws is not kept
 */
export async function askOnce(plugin: PackageOrigin, hook: string, data: string, ask: () => Promise<JsonValue>): Promise<HookAnswer> {
  const key = plugin.integrity ?? `${stampOf(join(plugin.root, 'package.json'))} ${stampOf(hook)}`;
  const kept = read(keptIn(data, plugin.root));
  if (kept.asked?.key === key) return said(kept.asked, kept);
  const asked = await newlyAsked(key, ask);
  tryToKeep(data, plugin.root, { ...kept, asked });
  return said(asked, kept);
}

async function newlyAsked(key: string, ask: () => Promise<JsonValue>): Promise<Asked> {
  try {
    return { key, answer: await ask() };
  } catch (thrown) {
    const { code, message, hint } = toTokaError(thrown);
    if (code !== 'TOKA_PLUGIN_FAILED') throw thrown;
    return { key, failure: { message, ...(hint === undefined ? {} : { hint }) } };
  }
}

function said(asked: Asked, { agreed }: Kept): HookAnswer {
  if ('answer' in asked) return { key: asked.key, answer: asked.answer, isAgreed: isDeepStrictEqual(asked.answer, agreed), ...(agreed === undefined ? {} : { agreed }) };
  const { message, hint } = asked.failure;
  throw new TokaError('TOKA_PLUGIN_FAILED', message, hint === undefined ? {} : { hint });
}

/**
 * Keeps that somebody has agreed to what they were shown.
 *
 * @throws TokaError TOKA_FS_FAILED
 */
export function agree(data: string, root: string, { key, answer }: HookAnswer): void {
  keep(data, root, { agreed: answer, asked: { key, answer } });
}

/**
 * Lets the hook of a plugin be asked anew if it has failed; says whether it has.
 *
 * @throws TokaError TOKA_FS_FAILED
 */
export function forgetFailure(data: string, root: string): boolean {
  const { asked, ...rest } = read(keptIn(data, root));
  const failed = asked !== undefined && 'failure' in asked;
  if (failed) keep(data, root, rest);
  return failed;
}

/** Forgets what the hooks of plugins said that are no longer there. */
export function forgetOtherAnswers(data: string, roots: readonly string[]): void {
  const kept = new Set(roots.map((root) => keptIn(data, root)));
  for (const path of keptFiles(data)) if (!kept.has(path)) rmSync(path, { force: true });
}

function keptFiles(data: string): string[] {
  try {
    return readdirSync(answersFolder(data)).map((name) => join(answersFolder(data), name));
  } catch {
    return [];
  }
}

function keptIn(data: string, root: string): string {
  return join(answersFolder(data), `${hexDigest(root)}.json`);
}

/** Where nothing is kept, or what is kept is damaged or of another toka, the hook is asked, and nothing was agreed to. */
function read(file: string): Kept {
  try {
    const { version, agreed, asked } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown; agreed?: JsonValue; asked?: unknown };
    if (version !== KEPT_VERSION || (asked !== undefined && !isAsked(asked))) return {};
    return { ...(agreed === undefined ? {} : { agreed }), ...(asked === undefined ? {} : { asked }) };
  } catch {
    return {};
  }
}

function isAsked(value: unknown): value is Asked {
  const { key, answer, failure } = Object(value) as Readonly<Record<string, unknown>>;
  const { message, hint = '' } = Object(failure) as Readonly<Record<string, unknown>>;
  return typeof key === 'string' && (answer === undefined ? typeof message === 'string' && typeof hint === 'string' : failure === undefined);
}

/** What cannot be kept is asked for again. */
function tryToKeep(data: string, root: string, kept: Kept): void {
  try {
    keep(data, root, kept);
  } catch {
    return;
  }
}

/** @throws TokaError TOKA_FS_FAILED */
function keep(data: string, root: string, kept: Kept): void {
  const file = keptIn(data, root);
  try {
    makeFolder(answersFolder(data), 0o700);
    replaceFile(file, JSON.stringify({ version: KEPT_VERSION, ...kept }), 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot write ${file}: ${(cause as Error).message}`, { cause, hint: 'check the permissions and the free space of that folder' });
  }
}
