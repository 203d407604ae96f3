import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { hexDigest } from '../../digest.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import type { PackageOrigin } from '../../manifest/tool.ts';
import { replaceFile } from '../../replace-file.ts';
import { stampOf } from '../index-file.ts';
import { recordFolder } from './record.ts';

/** What a hook said, or that it failed, and of what files. */
interface Kept {
  readonly key: string;
  readonly answer?: JsonValue;
  readonly failure?: { readonly message: string; readonly hint?: string };
}

/**
 * Asks the hook of a plugin once: what it said, and that it failed, holds until its files change. So it cannot say one thing when a person agrees
 * to it and another one later, and one that hangs is waited for once.
 *
 * @param data The user's data folder.
 * @throws TokaError TOKA_PLUGIN_FAILED, also where that was kept; whatever else `ask` throws is not kept
 */
export async function askOnce(plugin: PackageOrigin, hook: string, data: string, ask: () => Promise<JsonValue>): Promise<JsonValue> {
  const key = plugin.integrity ?? `${stampOf(join(plugin.root, 'package.json'))} ${stampOf(hook)}`;
  const kept = read(keptIn(data, plugin.root));
  if (kept?.key === key) return said(kept);
  try {
    const answer = await ask();
    keep(data, plugin.root, { key, answer });
    return answer;
  } catch (thrown) {
    const { code, message, hint } = toTokaError(thrown);
    if (code === 'TOKA_PLUGIN_FAILED') keep(data, plugin.root, { key, failure: { message, ...(hint === undefined ? {} : { hint }) } });
    throw thrown;
  }
}

function said({ answer, failure }: Kept): JsonValue {
  if (failure === undefined) return answer ?? null;
  const { message, hint } = failure;
  throw new TokaError('TOKA_PLUGIN_FAILED', message, hint === undefined ? {} : { hint });
}

/** Whether the hook of a plugin has failed, so that it is asked no more. */
export function hasFailed(data: string, root: string): boolean {
  return read(keptIn(data, root))?.failure !== undefined;
}

/** Lets the hook of a plugin be asked anew. */
export function forgetAnswer(data: string, root: string): void {
  rmSync(keptIn(data, root), { force: true });
}

/** Forgets what the hooks of plugins said that are no longer there. */
export function forgetOtherAnswers(data: string, roots: readonly string[]): void {
  const kept = new Set(roots.map((root) => keptIn(data, root)));
  for (const path of keptFiles(data)) if (!kept.has(path)) rmSync(path, { force: true });
}

function keptFiles(data: string): string[] {
  try {
    return readdirSync(folderOf(data)).map((name) => join(folderOf(data), name));
  } catch {
    return [];
  }
}

function folderOf(data: string): string {
  return join(recordFolder(data), 'hooks');
}

function keptIn(data: string, root: string): string {
  return join(folderOf(data), `${hexDigest(root)}.json`);
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    // Nothing is kept, or it is damaged: the hook is asked.
    return undefined;
  }
}

/** What cannot be kept is asked for again. */
function keep(data: string, root: string, kept: Kept): void {
  try {
    mkdirSync(folderOf(data), { recursive: true, mode: 0o700 });
    replaceFile(keptIn(data, root), JSON.stringify(kept), 0o600);
  } catch {
    return;
  }
}
