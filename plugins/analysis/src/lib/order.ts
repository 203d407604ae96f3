/** Sorts by a number, then by a text, so that the order in which runs were told makes no difference. */
export function ordered<T>(items: Iterable<T>, number: (item: T) => number, text: (item: T) => string): T[] {
  return [...items].toSorted((one, other) => number(one) - number(other) || compare(text(one), text(other)));
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The value of a key, made where there is none. */
export function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
