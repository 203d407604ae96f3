import { hexDigest } from '../digest.ts';
import { codeDigest, lockEntry } from '../registry/lock/entry.ts';
import type { House } from './house.ts';
import { type Run, settled } from './run.ts';

/** The digest of a tool as a lock would say it, its code included: the same on every machine; absent where there is no manifest. */
export function toolDigest(run: Run, { projectRoot }: House): string | undefined {
  const tool = settled(run, 'tool');
  // The file of an agent shows in the digest of all that it asks its model.
  if (tool.source === 'command' || tool.source === 'agent') return undefined;
  return hexDigest(JSON.stringify(lockEntry(tool, projectRoot ?? run.request.cwd, codeDigest(tool, projectRoot))));
}
