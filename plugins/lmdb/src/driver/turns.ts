/** The last that was asked for in this thread, by place. */
const last = new Map<string, Promise<unknown>>();

/**
 * Lets one after the other do something with the same place. LMDB's own lock stops the whole thread while another holds it, and if that is
 * this very thread, for ever.
 */
export async function inTurn<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  const result = (last.get(place) ?? Promise.resolve()).then(work);
  const over = result.then(
    () => {},
    () => {},
  );
  last.set(place, over);
  void over.then(() => {
    if (last.get(place) === over) last.delete(place);
  });
  return result;
}
