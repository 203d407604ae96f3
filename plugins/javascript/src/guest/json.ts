const { parse, stringify } = JSON;

/** So deep may a value be that leaves the isolate: what reads it later may be recursive. */
const MAX_DEPTH = 200;

const BARE = [Map, Set, WeakMap, WeakSet, Promise, RegExp, ArrayBuffer, DataView, Error];

export const parseJson = parse as (text: string) => unknown;
export const quote = stringify as (text: unknown) => string;

/** What JSON cannot hold. */
export class NotJson extends Error {}

/** JSON of a value; throws `NotJson` where something would be lost. `undefined` is null. */
export function toJson(value: unknown, what: string): string {
  if (value === undefined) return 'null';
  const holders: unknown[] = [];
  const keys: string[] = [];
  const pathTo = (key: string) => [...keys.slice(1), key].reduce((path, each) => path + (/^\d+$/.test(each) ? `[${each}]` : /^[A-Za-z_$][\w$]*$/.test(each) ? `.${each}` : `[${quote(each)}]`), what);
  const text = stringify(value, function (this: unknown, key: string, each: unknown) {
    while (holders.length > 0 && holders.at(-1) !== this) {
      holders.pop();
      keys.pop();
    }
    const reason = reasonAgainst(each, holders);
    if (reason !== undefined) throw new NotJson(`${holders.length === 0 ? what : pathTo(key)} ${reason}`);
    if (typeof each === 'object' && each !== null) {
      holders.push(each);
      keys.push(key);
    }
    return each;
  }) as string | undefined;
  return text ?? 'null';
}

function reasonAgainst(value: unknown, holders: readonly unknown[]): string | undefined {
  if (typeof value === 'bigint') return 'is a BigInt, which JSON cannot hold';
  if (typeof value === 'function') return 'is a function, which JSON cannot hold';
  if (typeof value === 'symbol') return 'is a symbol, which JSON cannot hold';
  if (typeof value === 'number' && !Number.isFinite(value)) return `is ${value}, which JSON cannot hold`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (holders.includes(value)) return 'is a part of itself, which JSON cannot hold';
  if (holders.length > MAX_DEPTH) return `is deeper than ${MAX_DEPTH} levels`;
  const kind = ArrayBuffer.isView(value) ? 'a list of bytes or numbers in memory' : BARE.find((each) => value instanceof each)?.name;
  return kind === undefined ? undefined : `is ${kind.startsWith('a ') ? kind : `of type ${kind}`}, which JSON cannot hold`;
}
