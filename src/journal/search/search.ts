import { coded, type Documents, type SearchTerm, type StorageBackend, type StorageTransaction } from '@toka/sdk';
import { type ErrorCode, toTokaError } from '../../errors.ts';
import type { CaughtUp, FoundRun, Journal, RunSearch, SearchFilter, Searched } from '../contract.ts';
import { translate } from '../failures.ts';
import { runKey } from '../keys.ts';
import { passagesOf } from './passages.ts';
import { type Section, sectionsOf } from './text.ts';

/** How a run becomes a text; where that changes, all are read anew. */
const VERSION = 1;
/** Events whose runs are taken up in one transaction. */
const EVENTS = 500;
/** Documents that are asked for first, and so many times more with each further question: the storage begins anew each time. */
const HITS = 100;
const GROWTH = 9;

/** The journal's runs by their words, as a storage with `supports.search` keeps them; see `RunSearch` for what the methods promise. */
export class StoredSearch implements RunSearch {
  readonly #storage: StorageBackend;
  readonly #location: string;
  readonly #journal: Pick<Journal, 'blob' | 'read' | 'run'>;

  constructor(storage: StorageBackend, location: string, journal: Pick<Journal, 'blob' | 'read' | 'run'>) {
    this.#storage = storage;
    this.#location = location;
    this.#journal = journal;
  }

  async find(terms: readonly SearchTerm[], filter: SearchFilter): Promise<Searched> {
    return this.#guarded(async () => {
      const runs: FoundRun[] = [];
      let position = 0;
      let isMore = true;
      for (let skip = 0, limit = HITS; isMore && runs.length < filter.limit; skip += limit, limit = skip * GROWTH) {
        const { hits, mark } = await this.#storage.search(terms, { limit, skip });
        position = positionOf(mark) ?? 0;
        for (const { id } of hits) {
          const found = runs.length < filter.limit ? await this.#found(id, terms, filter) : undefined;
          if (found) runs.push(found);
        }
        isMore = hits.length === limit;
      }
      return { runs, pending: Math.max(0, (await this.#storage.ends()).events - position) };
    });
  }

  async catchUp(report: (done: number, all: number) => void): Promise<CaughtUp> {
    return this.#guarded(async () => {
      const unreadable = new Set<string>();
      let from: number | undefined = await this.#begin();
      while (from !== undefined) {
        report(from, (await this.#storage.ends()).events);
        from = await this.#step(from, unreadable);
      }
      return { unreadable: unreadable.size };
    });
  }

  async clear(): Promise<void> {
    await this.#guarded(async () => this.#storage.transaction(async (transaction) => documentsOf(transaction).clear(), { durable: false }));
  }

  async #found(id: string, terms: readonly SearchTerm[], { status, tool, since = -Infinity }: SearchFilter): Promise<FoundRun | undefined> {
    const run = await unlessLost(this.#journal.run(id));
    if (typeof run === 'string' || run.requestedAt < since || (status ?? run.status) !== run.status || (tool ?? run.tool) !== run.tool) return undefined;
    const sections = await this.#sections(id);
    const passages = Array.isArray(sections) ? passagesOf(sections, terms) : [];
    return passages.length === 0 ? undefined : { run, passages };
  }

  /** Up to where the documents follow the record. */
  async #begin(): Promise<number> {
    return this.#storage.transaction(
      async (transaction) => {
        const documents = documentsOf(transaction);
        const position = positionOf(await documents.marked());
        if (position === undefined) await documents.clear();
        return position ?? 0;
      },
      { durable: false },
    );
  }

  /** Takes up what follows a position. Returns up to where they follow now; undefined where that is the end. */
  async #step(from: number, unreadable: Set<string>): Promise<number | undefined> {
    const events = await this.#storage.readAll({ after: from, limit: EVENTS });
    const to = events.at(-1)?.position;
    if (to === undefined) return undefined;
    // Read before the lock is held, which others wait for.
    const runs = await Promise.all([...new Set(events.map(({ stream }) => stream))].map(async (run) => ({ run, summary: await this.#storage.get(runKey(run)), sections: await this.#sections(run) })));
    for (const { run, sections } of runs) if (sections === 'damaged') unreadable.add(run);
    return this.#storage.transaction(
      async (transaction) => {
        const documents = documentsOf(transaction);
        const position = positionOf(await documents.marked()) ?? 0;
        // Another one has come further, or begins anew.
        if (position !== from) return position;
        for (const { run, summary, sections } of runs) {
          const now = await transaction.get(runKey(run));
          // What was taken out meanwhile stays out; what goes on comes again with its next event.
          const isSame = summary !== undefined && now !== undefined && Buffer.compare(summary, now) === 0;
          if (isSame && Array.isArray(sections)) await documents.put(run, sections.map(({ text }) => text).join('\n'));
        }
        await documents.mark(`${VERSION}:${to}`);
        return to;
      },
      { durable: false },
    );
  }

  async #sections(run: string): Promise<Section[] | Lost> {
    const reading = async (): Promise<Section[]> => sectionsOf(await this.#journal.read(run), (sha256) => this.#journal.blob(sha256));
    return unlessLost(reading());
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error, this.#location);
    }
  }
}

function documentsOf({ documents }: StorageTransaction): Documents {
  if (documents) return documents;
  throw coded('STORAGE_UNSUPPORTED', 'the storage does not support search');
}

type Lost = 'gone' | 'damaged';

const LOST: Readonly<Partial<Record<ErrorCode, Lost>>> = { TOKA_RUN_UNKNOWN: 'gone', TOKA_RUN_PRUNED: 'gone', TOKA_INTEGRITY: 'damaged' };

/** Of a run that was taken out, or whose record is damaged, there is nothing to find; the others are found all the same. */
async function unlessLost<T>(reading: Promise<T>): Promise<T | Lost> {
  try {
    return await reading;
  } catch (error) {
    const lost = LOST[toTokaError(error).code];
    if (lost === undefined) throw error;
    return lost;
  }
}

/** Up to which position documents follow by their mark; undefined for those of another version. */
function positionOf(mark: string): number | undefined {
  if (mark === '') return 0;
  const [, version, position] = /^(\d+):(\d{1,15})$/.exec(mark) ?? [];
  return Number(version) === VERSION ? Number(position) : undefined;
}
