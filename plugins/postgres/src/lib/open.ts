import type { StorageDriver, StorageOptions } from '@toka/sdk';
import { parseAddress } from './address.ts';
import { Connections } from './connections.ts';
import { PostgresDriver } from './driver.ts';
import { emptyDriver } from './empty.ts';
import { damaged, findForeign, FORMAT, migrate, older, readFormat } from './schema.ts';

/** Opens a schema that is exactly ours; makes one where there is none, unless it is only to be read. */
export async function openDriver({ location, readOnly = false }: StorageOptions): Promise<StorageDriver> {
  const address = parseAddress(location);
  const connections = new Connections(address);
  try {
    const isThere = await connections.use(async (session) => {
      const format = await readFormat(session, address.schema, connections.place);
      if (format === 0 && readOnly) return false;
      if (format < FORMAT && readOnly) throw older(connections.place, format);
      if (format < FORMAT) await migrate(session, address.schema, connections.place);
      const foreign = await findForeign(session, address.schema);
      if (foreign !== undefined) throw damaged(connections.place, `its schema is not toka's: ${foreign}`);
      return true;
    });
    if (isThere) return new PostgresDriver(connections, address.schema);
    await connections.close();
    return emptyDriver;
  } catch (error) {
    await connections.close();
    throw error;
  }
}
