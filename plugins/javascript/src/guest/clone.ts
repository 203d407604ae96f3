/** A copy of a value and of all that it holds, as far as it holds data. */
export function structuredClone<T>(value: T): T {
  return copyOf(value, new Map()) as T;
}

function copyOf(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} cannot be cloned`);
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  const kept = <C>(copy: C): C => {
    copies.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return kept(new Date(value));
  if (value instanceof RegExp) return kept(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return kept(value.slice(0));
  if (ArrayBuffer.isView(value)) return kept(copyOfView(value, copies));
  if (value instanceof Error) return kept(Object.assign(new Error(value.message), { name: value.name, stack: value.stack }));
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) throw new TypeError('a value that holds no data cannot be cloned');
  if (value instanceof Map) {
    const copy = kept(new Map());
    for (const [key, each] of value) copy.set(copyOf(key, copies), copyOf(each, copies));
    return copy;
  }
  if (value instanceof Set) {
    const copy = kept(new Set());
    for (const each of value) copy.add(copyOf(each, copies));
    return copy;
  }
  const copy = kept<object>(Array.isArray(value) ? Array.from({ length: value.length }) : {});
  for (const [key, each] of Object.entries(value)) Object.defineProperty(copy, key, { value: copyOf(each, copies), writable: true, enumerable: true, configurable: true });
  return copy;
}

function copyOfView(view: ArrayBufferView, copies: Map<unknown, unknown>): ArrayBufferView {
  const buffer = copyOf(view.buffer, copies) as ArrayBuffer;
  const { constructor } = view as unknown as { readonly constructor: new (buffer: ArrayBuffer, offset: number, length?: number) => ArrayBufferView };
  return new constructor(buffer, view.byteOffset, 'length' in view ? Number(view.length) : view.byteLength);
}
