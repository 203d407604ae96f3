import { isWaiting } from './jail.ts';
import { drop, layOut, take } from './laid-out.ts';
import { carry, isFit } from './linux.ts';
import type { Pattern } from './pattern.ts';
import { leave, prepareBareSlot } from './slots.ts';
import { openEnds } from './streams.ts';
import type { Ahead } from './waiting.ts';

/** Lays out a sandbox in which a shell waits for the program and its variables. */
export function startLaidOut(pattern: Pattern): Ahead {
  const laidOut = layOut(pattern, prepareBareSlot());
  const { jail, slot } = laidOut;
  let isUsed = false;
  let isGone = false;
  const leaveNothing = async (): Promise<void> => {
    await jail.empty;
    isGone = true;
    if (!isUsed) leave(slot);
  };
  const gone = leaveNothing();
  return {
    // It is compared when it is taken.
    fits: () => true,
    isAlive: () => !isGone && isWaiting(laidOut),
    carry: async ({ prepared }, options) => {
      isUsed = true;
      const { plan } = prepared;
      const taken = await take(laidOut, prepared, { limit: (slotOfRun) => isFit(slotOfRun, plan, options.require), open: (pipes) => openEnds(pipes, plan) });
      return taken && carry({ prepared, ...taken }, plan, options, taken.cpuBefore);
    },
    end: () => {
      if (!isUsed && !isGone) drop(laidOut);
    },
    gone,
  };
}
