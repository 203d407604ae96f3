import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Tool } from '../../manifest/tool.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import type { Recorder } from './recorder.ts';

/** Bytes of a file up to which it is kept. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Keeps files as they were before a call changes them, so that they can be put back. */
export interface FileKeeper {
  /** Before a tool is called: keeps what its parameters name, each file once in a run. */
  before(tool: string, params: Readonly<Record<string, unknown>>): Promise<void>;
}

export function keeperOfFiles({ request }: Run, house: House, recorder: Recorder): FileKeeper {
  const kept = new Set<string>();
  return {
    async before(name, params) {
      const tool = await house.findTool(name).then(({ tool: found }) => found, () => undefined);
      if (!tool || tool.effect === 'none' || tool.effect === 'read') return;
      for (const path of namedPaths(tool, params).map((each) => resolve(request.cwd, each))) {
        if (kept.has(path)) continue;
        kept.add(path);
        const content = contentOf(path);
        if (content !== 'unknown') await recorder.kept(path, content);
      }
    },
  };
}

function namedPaths({ params: { properties } }: Tool, params: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const value = params[name];
    const isPath = schema['x-type'] === 'path' || (schema['items'] as { 'x-type'?: string } | undefined)?.['x-type'] === 'path';
    return isPath ? [value].flat().filter((each): each is string => typeof each === 'string') : [];
  });
}

/** What is in a file; undefined where there is none yet, `unknown` where it is none that can be kept. */
function contentOf(path: string): Uint8Array | undefined | 'unknown' {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return undefined;
    return stat.isFile() && stat.size <= MOST_BYTES ? readFileSync(path) : 'unknown';
  } catch {
    return 'unknown';
  }
}
