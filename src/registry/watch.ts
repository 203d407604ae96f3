import { setTimeout as sleep } from 'node:timers/promises';
import type { Tool } from '../manifest/tool.ts';
import { type IndexedTool, stampOf } from './index-file.ts';
import { codeDigest, codeFileOf } from './lock/entry.ts';
import type { Registry } from './registry.ts';

/** What has become of a tool. The digests are those of its manifest and of its code, where it has any of its own. */
export interface ToolChange {
  readonly type: 'added' | 'changed' | 'removed';
  readonly tool: string;
  readonly before?: ToolDigests;
  readonly after?: ToolDigests;
}

export interface ToolDigests {
  readonly manifest: string;
  readonly code?: string;
}

interface Seen extends ToolDigests {
  /** Tells whether the code has to be looked at again. */
  readonly stamp: string;
}

/** Looking may take this part of the time. */
const SHARE = 20;

/**
 * Tells of tools that come, go or change, until the signal says that it is enough. It looks at the times of folders and files, which also works
 * where no notice of changes is given: in containers and on network drives.
 *
 * @param root The project's.
 * @param everyMs How often it looks; less often where there is much to look at.
 */
export async function watchTools(registry: Registry, root: string | undefined, { signal, everyMs }: { readonly signal: AbortSignal; readonly everyMs: number }, tell: (change: ToolChange) => void): Promise<void> {
  let index = await registry.index();
  let tools = index.all();
  let seen = look(tools, root, new Map());
  while (!signal.aborted) {
    const started = performance.now();
    if (!index.isFresh() || !index.isAllCurrent()) {
      index = await registry.index({ rebuild: true });
      tools = index.all();
    }
    const now = look(tools, root, seen);
    for (const change of changesBetween(seen, now)) tell(change);
    seen = now;
    await sleep(Math.max(everyMs, SHARE * (performance.now() - started)), undefined, { signal }).catch(() => undefined);
  }
}

function look(tools: readonly IndexedTool[], root: string | undefined, before: ReadonlyMap<string, Seen>): ReadonlyMap<string, Seen> {
  return new Map(tools.map(({ tool, hash }) => [tool.qualified, seenOf(tool, hash, root, before.get(tool.qualified))]));
}

function seenOf(tool: Tool, manifest: string, root: string | undefined, before: Seen | undefined): Seen {
  const file = codeFileOf(tool, root);
  if (file === undefined) return { manifest, stamp: '' };
  const stamp = stampOf(file);
  if (before?.stamp === stamp && before.manifest === manifest) return before;
  const code = stamp === 'absent' ? undefined : codeDigest(tool, root);
  return { manifest, stamp, ...(code === undefined ? {} : { code }) };
}

function changesBetween(before: ReadonlyMap<string, Seen>, after: ReadonlyMap<string, Seen>): ToolChange[] {
  const gone = [...before].filter(([tool]) => !after.has(tool)).map(([tool, seen]): ToolChange => ({ type: 'removed', tool, before: digests(seen) }));
  return [
    ...gone,
    ...[...after].flatMap(([tool, seen]): ToolChange[] => {
      const old = before.get(tool);
      if (!old) return [{ type: 'added', tool, after: digests(seen) }];
      return old.manifest === seen.manifest && old.code === seen.code ? [] : [{ type: 'changed', tool, before: digests(old), after: digests(seen) }];
    }),
  ];
}

function digests({ manifest, code }: Seen): ToolDigests {
  return { manifest, ...(code === undefined ? {} : { code }) };
}
