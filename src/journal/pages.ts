import type { StorageEntry, StorageEvent, StorageReader } from '@toka/sdk';

/** So much is asked for at once. */
const PAGE = 1000;

/** All events of a stream, or those after a version, in order. */
export async function everyEvent(reader: StorageReader, stream: string, after = 0): Promise<StorageEvent[]> {
  const found: StorageEvent[] = [];
  for (let page: StorageEvent[] | undefined; page === undefined || page.length === PAGE; found.push(...page)) {
    page = await reader.read(stream, { after: found.at(-1)?.version ?? after, limit: PAGE });
  }
  return found;
}

/** All entries whose key begins so, in order. */
export async function everyEntry(reader: StorageReader, prefix: string): Promise<StorageEntry[]> {
  const found: StorageEntry[] = [];
  for (let page: StorageEntry[] | undefined; page === undefined || page.length === PAGE; found.push(...page)) {
    const after = found.at(-1)?.key;
    page = await reader.list({ prefix, limit: PAGE, ...(after === undefined ? {} : { after }) });
  }
  return found;
}

/** The same, one after the other and a page at a time. */
export async function* eachEntry(reader: Pick<StorageReader, 'list'>, { prefix, after, reverse = false, page = PAGE }: { prefix: string; after?: string | undefined; reverse?: boolean; page?: number }): AsyncGenerator<StorageEntry, void, undefined> {
  let last = after;
  for (let length = page; length === page;) {
    const entries = await reader.list({ prefix, reverse, limit: page, ...(last === undefined ? {} : { after: last }) });
    yield* entries;
    ({ length } = entries);
    last = entries.at(-1)?.key;
  }
}
