import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StorageDriver, StorageOptions } from '@toka/sdk';
import { checkHeader, checkPages } from '../check/pages.ts';
import { LmdbDriver } from './driver.ts';
import { EmptyDriver } from './empty.ts';
import { inTurn } from './turns.ts';
import { damaged, translate } from '../place/failures.ts';
import { DATA, findStorage, makeFolder } from '../place/folder.ts';
import { checkFormat, writeFormat } from '../place/format.ts';
import { Store } from '../store/store.ts';

/** Opens the storage in a folder; makes one where there is none. */
export async function openDriver({ location, root, readOnly = false }: StorageOptions): Promise<StorageDriver> {
  const folder = resolve(location);
  try {
    if (!findStorage(folder, root, readOnly)) {
      if (readOnly) return new EmptyDriver();
      await makeFolder(folder, fill, () => findStorage(folder, root, readOnly));
    }
    const place = realpathSync(folder);
    const store = await inTurn(place, () => openStore(folder, readOnly));
    return new LmdbDriver(store, place);
  } catch (error) {
    throw translate(error, folder);
  }
}

async function fill(made: string): Promise<void> {
  const store = await Store.open(made, { readOnly: false });
  try {
    await store.transaction(writeFormat, true);
  } finally {
    await store.close();
  }
}

async function openStore(folder: string, readOnly: boolean): Promise<Store> {
  const file = join(folder, DATA);
  const isShort = checkHeader(file, folder);
  const store = await Store.open(folder, { readOnly });
  try {
    const fault = isShort ? await store.snapshot(() => checkPages(file)) : undefined;
    if (fault !== undefined) throw damaged(folder, fault);
    checkFormat(store.now(), folder);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
