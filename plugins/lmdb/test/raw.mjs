import { open } from 'lmdb';

/** Appends events (with an entry, where one is given) in one durable commit, and reads them in pages, with LMDB alone: what the backend is held against by the bench. */
export async function openRaw(location, { page }) {
  const db = open({ path: location, noSubdir: false, keyEncoding: 'binary', encoding: 'binary', overlappingSync: false, maxDbs: 1 });
  const keyOf = (kind, position) => {
    const key = Buffer.alloc(9, kind);
    key.writeUInt32BE(0, 1);
    key.writeUInt32BE(position, 5);
    return key;
  };
  let last = 0;
  return {
    append(events, entry) {
      db.transactionSync(() => {
        for (const one of events) {
          const key = keyOf(0x65, ++last);
          db.putSync(key, Buffer.from(JSON.stringify({ ...one, stream: 'one', version: last })));
          db.putSync(keyOf(0x70, last), key);
        }
        if (entry) db.putSync(Buffer.from(`entry/${last}`), entry);
      });
    },
    read(count) {
      for (let after = 0; after < count;) {
        const end = Math.min(count, after + page);
        const events = Array.from(db.getRange({ start: keyOf(0x65, after + 1), end: keyOf(0x65, end + 1) }), ({ key, value }) => ({ ...JSON.parse(value.toString()), position: key.readUInt32BE(5) }));
        after = events.at(-1).position;
      }
    },
    close: () => db.close(),
  };
}
