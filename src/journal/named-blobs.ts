import type { StorageEvent, StorageReader } from '@toka/sdk';
import { parse } from './audit-run.ts';
import type { BlobRef } from './events.ts';
import { blobsOf } from './limits.ts';
import { everyEvent } from './pages.ts';

/** Events that are read at once. */
const PAGE = 1000;

/** How a text begins that says that a run was pruned, as toka writes it. */
const PRUNED = '{"v":1,"type":"run.pruned",';

/** Which runs name the blobs of some of them: a blob stays as long as any run does. */
export class NamedBlobs {
  readonly #blobs = new Map<string, { readonly bytes: number; readonly runs: Set<string> }>();
  readonly #byRun = new Map<string, Set<string>>();
  #last = 0;

  /** All that name a blob of these runs. */
  static async of(runs: readonly string[], reader: StorageReader): Promise<NamedBlobs> {
    const found = new NamedBlobs();
    for (const run of runs) for (const { blob, bytes } of (await everyEvent(reader, run)).flatMap(namedIn)) found.#blobs.set(blob, { bytes, runs: new Set() });
    await found.goOn(reader);
    return found;
  }

  /** Takes in what was recorded since. Is quick, so that it can be done while others wait. */
  async goOn(reader: StorageReader): Promise<void> {
    if (this.#blobs.size === 0) return;
    for (let length = PAGE; length === PAGE;) {
      const page = await reader.readAll({ after: this.#last, limit: PAGE });
      for (const event of page) this.#take(event);
      this.#last = page.at(-1)?.position ?? this.#last;
      ({ length } = page);
    }
  }

  /** Leaves a run out. Returns the blobs that no run names now. */
  drop(run: string): BlobRef[] {
    const named = [...(this.#byRun.get(run) ?? [])];
    this.#byRun.delete(run);
    return named.flatMap((blob) => {
      const { runs = new Set(), bytes = 0 } = this.#blobs.get(blob) ?? {};
      runs.delete(run);
      return runs.size === 0 ? [{ blob, bytes }] : [];
    });
  }

  #take(event: StorageEvent): void {
    const run = event.stream;
    for (const { blob } of namedIn(event)) {
      const known = this.#blobs.get(blob);
      if (!known) continue;
      known.runs.add(run);
      this.#byRun.set(run, (this.#byRun.get(run) ?? new Set()).add(blob));
    }
    // Somebody else may have pruned it meanwhile.
    if (event.body.startsWith(PRUNED)) this.drop(run);
  }
}

/** The blobs that a stored event names. */
export function namedIn({ body }: Pick<StorageEvent, 'body'>): BlobRef[] {
  // To parse all of them would take as long as all the rest.
  const event = body.includes('"blob":') ? parse(body) : undefined;
  return event ? blobsOf(event) : [];
}
