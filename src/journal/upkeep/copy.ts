import type { StorageBackend, StorageEvent, StorageReader, StorageTransaction, StorageWriter } from '@toka/sdk';
import { TokaError } from '../../errors.ts';
import { type Content, contentOf, demandSound, everyEntryOf, everyPage, Tally } from './content.ts';

/** Tells how far something is. */
export type Report = (text: string) => void;

/**
 * Copies all of one moment, while others may go on writing the source, into an empty storage. It is one transaction there, in which the copy
 * is also verified: whatever happens, there is all of it or nothing.
 *
 * @returns What both hold.
 * @throws TokaError `TOKA_STORAGE_TAKEN` where the target holds something, `TOKA_USAGE` where the source holds nothing, `TOKA_INTEGRITY` where
 *   the source is not in order or the copy is not equal.
 */
export async function copyStorage(source: StorageBackend, target: StorageBackend, report: Report): Promise<Content> {
  return target.transaction(async (to) => {
    await demandEmpty(to);
    return source.snapshot(async (from) => {
      const { events } = await from.ends();
      if (events === 0) throw new TokaError('TOKA_USAGE', 'expected a journal with events to copy, found none', { hint: 'toka storage info --storage FROM says what is there' });
      report('verifying the source');
      const root = await demandSound(from, 'the source');
      const before = (await transfer(from, to, (copied) => report(`${copied} of ${events} events`))).figures(root);
      report('verifying the copy');
      const after = await contentOf(to, await demandSound(to, 'the copy'));
      demandEqual(before, after);
      return after;
    });
  });
}

async function demandEmpty(reader: StorageReader): Promise<void> {
  const { events, nodes } = await reader.ends();
  if (events === 0 && nodes === 0 && (await reader.count('')) === 0) return;
  throw new TokaError('TOKA_STORAGE_TAKEN', `expected an empty storage, found one with ${events} events`, { hint: 'nothing was changed: name another place' });
}

async function transfer(from: StorageReader, to: StorageTransaction, report: (copied: number) => void): Promise<Tally> {
  const tally = new Tally();
  let copied = 0;
  for await (const page of everyPage(from)) {
    for (const event of page) tally.event(event);
    await appendAll(to, page);
    copied += page.length;
    report(copied);
  }
  for await (const entry of everyEntryOf(from)) {
    tally.entry(entry);
    await to.put(entry.key, entry.value, entry.until);
  }
  return tally;
}

/** Events of one run that follow one another are appended together. */
async function appendAll(to: StorageWriter, page: readonly StorageEvent[]): Promise<void> {
  for (let from = 0; from < page.length;) {
    const first = page[from] as StorageEvent;
    let end = from + 1;
    while (page[end]?.stream === first.stream) end += 1;
    await to.append(first.stream, page.slice(from, end).map(({ key, time, body, hash, nodes }) => ({ ...(key === undefined ? {} : { key }), time, body, hash, nodes })), first.version - 1);
    from = end;
  }
}

function demandEqual(before: Content, after: Content): void {
  const names = ['events', 'runs', 'entries', 'root', 'states', 'digest'] as const;
  const other = names.find((name) => before[name] !== after[name]);
  if (other === undefined) return;
  throw new TokaError('TOKA_INTEGRITY', `expected a copy with the same ${other} as the source, ${before[other]}, found ${after[other]}`, {
    hint: 'nothing of it was kept; this is a defect of one of the two backends',
    data: { before, after },
  });
}
