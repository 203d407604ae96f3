import type { NewEvent, StorageBackend, StorageEvent } from '../storage.ts';

/** A new, empty place for one check. */
export interface StoragePlace {
  /** Opens a storage in it; may be called more than once. */
  open(options?: { readonly readOnly?: boolean }): Promise<StorageBackend>;
  /** Where a backup goes that does not exist yet, and how it is opened. Only where `backup` is declared. */
  readonly copy?: { readonly target: string; open(): Promise<StorageBackend> };
  /** Is called when all that was opened has been closed. */
  remove?(): Promise<void>;
}

/** A rule for storage backends. */
export interface StorageCheck {
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(make: () => Promise<StoragePlace>): Promise<void>;
}

type Opener = (options?: { readonly readOnly?: boolean }) => Promise<StorageBackend>;

/** A check with a storage that is open, and a way to open another in the same place. */
export function check(name: string, work: (storage: StorageBackend, open: Opener, place: StoragePlace) => Promise<void>): StorageCheck {
  return unopened(name, async (open, place) => work(await open(), open, place));
}

/** A check with a place in which nobody has opened a storage yet. */
export function unopened(name: string, work: (open: Opener, place: StoragePlace) => Promise<void>): StorageCheck {
  return {
    name,
    async run(make) {
      const place = await make();
      const opened: StorageBackend[] = [];
      const open: Opener = async (options) => {
        const storage = await place.open(options);
        opened.push(storage);
        return storage;
      };
      try {
        await work(open, place);
      } finally {
        for (const storage of opened) await storage.close();
        await place.remove?.();
      }
    },
  };
}

/** An event whose every field tells which it is. */
export function event(name: string, more: Partial<NewEvent> & { readonly principal?: string } = {}): NewEvent {
  const { principal, ...rest } = more;
  const hash = [...new TextEncoder().encode(name)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { time: 1000, body: JSON.stringify({ type: 'noted', name, ...(principal === undefined ? {} : { principal }) }), hash, nodes: `${hash}ff`, ...rest };
}

/** The names of events that `event` has made. */
export function names(events: readonly StorageEvent[]): string[] {
  return events.map(({ body }) => (JSON.parse(body) as { name: string }).name);
}

export async function all(storage: StorageBackend): Promise<string[]> {
  return names(await storage.readAll({ limit: 10_000 }));
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text that was stored as bytes. */
export async function textIn(value: Uint8Array | undefined | Promise<Uint8Array | undefined>): Promise<string | undefined> {
  const found = await value;
  return found && new TextDecoder().decode(found);
}

export async function pause(ms: number): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setTimeout(resolve, ms, undefined);
  return promise;
}
