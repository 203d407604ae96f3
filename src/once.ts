/** Made once; where that fails, the next call tries again. */
export function retried<T>(make: () => Promise<T>): { get(): Promise<T>; peek(): Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  return {
    async get() {
      made ??= make();
      try {
        return await made;
      } catch (error) {
        made = undefined;
        throw error;
      }
    },
    peek: () => made,
  };
}

/** Made on first use. */
export function lazily<T>(make: () => T): { get(): T; peek(): T | undefined } {
  let made: { readonly value: T } | undefined;
  return {
    get: () => (made ??= { value: make() }).value,
    peek: () => made?.value,
  };
}
