/** Where a file was damaged, a row can be read as one of another table. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw corrupt('a value that is not made of bytes');
}

export function textOf(key: unknown): string {
  if (typeof key === 'string') return key;
  throw corrupt('a key that is no text');
}

/** As SQLite itself says it (SQLITE_CORRUPT). */
function corrupt(what: string): Error {
  return Object.assign(new Error(`it holds ${what}`), { code: 'ERR_SQLITE_ERROR', errcode: 11 });
}
