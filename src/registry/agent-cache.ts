import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hexDigest } from '../digest.ts';
import { makeFolder } from '../make-folder.ts';
import type { AgentSpec } from '../manifest/agent/spec.ts';
import { replaceFile } from '../replace-file.ts';

/** An agent as its file said it when toka of that version checked it. */
interface Kept {
  readonly version: string;
  readonly text: string;
  readonly spec: AgentSpec;
}

export interface AgentCache {
  /** In the user's cache, which no sandbox shows and no clone brings along. */
  readonly folder: string;
  /** Of toka. */
  readonly version: string;
}

/** What an agent's file says, from the cache where it is as it was; reading YAML and checking it takes as long as a start of Node.js. */
export async function throughCache(file: string, { folder, version }: AgentCache, load: () => Promise<AgentSpec>): Promise<AgentSpec> {
  const place = join(folder, `${basename(file)}-${hexDigest(file).slice(0, 16)}.json`);
  const text = textOf(file);
  const kept = read(place);
  if (kept && kept.version === version && kept.text === text && kept.spec.origin.file === file) return kept.spec;
  const spec = await load();
  // Not what has been written meanwhile under the spec of before.
  if (text !== undefined && hexDigest(text) === spec.hash) keep(place, { version, text, spec });
  return spec;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Who loads it says what is wrong.
    return undefined;
  }
}

function read(place: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(place, 'utf8')) as Kept;
  } catch {
    return undefined;
  }
}

function keep(place: string, kept: Kept): void {
  try {
    makeFolder(dirname(place), 0o700);
    replaceFile(place, JSON.stringify(kept), 0o600);
  } catch {
    // Nothing is kept then, which only costs time.
  }
}
