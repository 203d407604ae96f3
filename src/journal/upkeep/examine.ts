import type { StorageBackend } from '@toka/sdk';
import { toTokaError } from '../../errors.ts';
import type { Witnesses } from '../contract.ts';
import { translate } from '../failures.ts';
import type { Audit } from '../findings.ts';
import { verify } from '../verify.ts';

/** What was found out about a storage and the journal in it. */
export interface Examined {
  readonly ok: boolean;
  /** `wrong` is absent where nothing is; `checked` is false where the backend cannot check itself. */
  readonly structure: { readonly checked: boolean; readonly wrong?: string };
  /** Null where it cannot be read to its end. */
  readonly record: Audit | null;
  readonly unreadable?: string;
}

/** Looks for damage of the backend's structure and of the record; all that can be found out, even where one of the two is damaged. */
export async function examine(storage: StorageBackend, location: string, witnesses: Witnesses): Promise<Examined> {
  const structure = storage.supports.check ? await attempt(() => storage.check(), location) : { value: undefined };
  const wrong = structure.fault ?? structure.value;
  const record = await attempt(() => storage.snapshot((reader) => verify(reader, witnesses)), location);
  return {
    ok: wrong === undefined && record.value?.ok === true,
    structure: { checked: storage.supports.check, ...(wrong === undefined ? {} : { wrong }) },
    record: record.value ?? null,
    ...(record.fault === undefined ? {} : { unreadable: record.fault }),
  };
}

/** Damage is a result like any other; what may pass is not. */
async function attempt<T>(look: () => Promise<T>, location: string): Promise<{ readonly value?: T; readonly fault?: string }> {
  try {
    return { value: await look() };
  } catch (thrown) {
    const error = toTokaError(translate(thrown, location));
    if (error.code !== 'TOKA_INTEGRITY') throw error;
    return { fault: error.message };
  }
}
