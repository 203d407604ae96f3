/** The last that was asked for in this thread, by place. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Lets one after the other do something with the same place. LMDB's own lock stops the whole thread while another holds it, and if that is
 * this very thread, for ever.
 */
export async function inTurn<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  const turn = (turns.get(place) ?? Promise.resolve()).then(work);
  const ended = Promise.allSettled([turn]);
  turns.set(place, ended);
  try {
    return await turn;
  } finally {
    if (turns.get(place) === ended) turns.delete(place);
  }
}
