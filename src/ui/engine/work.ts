import type { EngineDelivery, JsonObject } from '@toka/sdk';
import { Principal } from '../../capability/principal.ts';
import { toTokaError } from '../../errors.ts';
import type { Toka } from '../../toka.ts';
import type { Door } from '../door.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { plain } from '../text.ts';
import { connectEngine, orTold } from './find.ts';
import { carryOut, refusal } from './perform.ts';

interface WorkFlags {
  readonly concurrency: number;
  readonly engine: string | undefined;
}

/** `toka engine work ID`: does the runs that an engine gives out, until Ctrl-C; what has begun is ended then. */
export async function workFor({ concurrency, engine: asked }: WorkFlags, door: Door): Promise<number> {
  const toka = await door.open();
  const engine = await connectEngine(asked, toka, door);
  const interrupts = listenForInterrupts(door.stderr);
  door.stderr.write(`working for ${plain(asked ?? toka.places.engine?.id ?? '')}, at most ${concurrency} at once; Ctrl-C ends it\n`);
  try {
    await orTold(async () => engine.work(async (delivery) => perform(toka, delivery, door), { concurrency, signal: interrupts.signal }));
    return 0;
  } finally {
    interrupts.end();
    // Whoever has lost a run ends at once, as if killed, so that nothing more is done or recorded of it.
    if (interrupts.signal.aborted) await Promise.all([engine.close(), toka.close()]);
  }
}

/** Whatever goes wrong with the run is its result; what this worker cannot do at present is given back. */
async function perform(toka: Toka, delivery: EngineDelivery, door: Door): Promise<JsonObject> {
  const { key, attempt, signal } = delivery;
  door.stderr.write(`${plain(key)} begins${attempt > 1 ? `, attempt ${attempt}` : ''}\n`);
  const result = await carryOut(toka, delivery, async (token) => bearer(toka, token)).catch((thrown: unknown) => {
    const error = toTokaError(thrown);
    if (error.code === 'TOKA_RUN_ACTIVE' && !signal.aborted) throw error;
    return refusal(key, error);
  });
  door.stderr.write(`${plain(key)} ${result.status}\n`);
  return JSON.parse(JSON.stringify(result)) as JsonObject;
}

/** One whose token does not hold may do nothing; the run says why, and is recorded as denied. */
async function bearer(toka: Toka, token: string): Promise<Principal> {
  try {
    return (await toka.tokens()).bearer(token);
  } catch (error) {
    return Principal.refused(toTokaError(error));
  }
}
