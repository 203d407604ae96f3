import { toTokaError } from '../../../errors.ts';
import type { LiveEvent } from '../../../toka.ts';
import type { Door } from '../../door.ts';
import { listenForInterrupts } from '../../interrupt.ts';
import { exitCodeOf } from '../../report.ts';
import { progressOf } from '../progress.ts';
import { agentResult } from '../result.ts';
import { type AgentRunFlags, runAgent, showAgentResult } from '../run.ts';
import { tallied } from '../tally.ts';
import { withSessions } from './sessions.ts';

/** `toka agent sessions resume SESSION [-p PROMPT]`: first brings to its end what was interrupted, then goes on. */
export async function resumeSession(prefix: string, prompt: string | undefined, flags: AgentRunFlags, door: Door): Promise<number> {
  const { id, code } = await bringToItsEnd(prefix, flags, door, prompt === undefined);
  if (code !== undefined && (code !== 0 || prompt === undefined)) return code;
  if (prompt === undefined) return (await import('../../repl/start.ts')).startRepl(undefined, { ...flags, session: id, 'screen-reader': false }, door);
  return runAgent(undefined, prompt, { ...flags, session: id }, door);
}

/** The exit code of the turn that was interrupted, where there was one. */
async function bringToItsEnd(prefix: string, flags: AgentRunFlags, door: Door, isLast: boolean): Promise<{ readonly id: string; readonly code?: number }> {
  return withSessions(flags, door, async (sessions, toka) => {
    const { agent, busy, id } = await sessions.find(prefix);
    const found = busy && (await toka.interrupted(busy.run).catch((thrown: unknown) => endedAlready(thrown)));
    if (!found) return { id };
    const counter = tallied();
    const progress = progressOf(door, flags.output === 'text' && door.stderr.isTTY === true);
    const interrupts = listenForInterrupts(door.stderr);
    const onEvent = (event: LiveEvent): void => {
      counter.hear(event);
      progress.hear(event);
    };
    try {
      const result = await toka.resume(found, { allow: flags.allow ?? [], signal: interrupts.signal, onEvent });
      progress.pause();
      if (isLast || result.error) showAgentResult(agentResult(result, counter.tally, { agent, session: id, tasks: [], route: undefined }), flags, door);
      return { id, code: exitCodeOf(result.error) };
    } finally {
      interrupts.end();
    }
  });
}

/** A turn that has ended by itself leaves nothing to be resumed. */
function endedAlready(thrown: unknown): undefined {
  if (toTokaError(thrown).code === 'TOKA_RUN_NOT_RESUMABLE') return undefined;
  throw thrown;
}
