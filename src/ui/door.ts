import { parseStorage } from '../config/storage.ts';
import type { Toka, TokaOptions } from '../toka.ts';
import type { Workspace } from '../workspace.ts';
import type { Streams } from './live.ts';

/** What a terminal command works with: the process's own edges, which tests can replace by others. */
export interface Door extends Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person can be asked. */
  readonly isAttended: boolean;
  open(options?: Partial<TokaOptions>): Promise<Toka>;
  /** What can be told without a journal and the rest: enough for lists, and much quicker to load. */
  workspace(): Promise<Workspace>;
}

/** The same door to the journal that `--storage` says; without it, to that of the configuration. */
export function doorTo(storage: string | undefined, door: Door): Door {
  if (storage === undefined) return door;
  const choice = parseStorage(storage);
  // Through a prototype, since the door makes its streams when they are first asked for.
  return Object.assign(Object.create(door) as Door, { open: (options?: Partial<TokaOptions>) => door.open({ ...options, storage: choice }) });
}
