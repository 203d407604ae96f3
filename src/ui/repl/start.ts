import { join } from 'node:path';
import { userFolders } from '../../config/paths.ts';
import { ERRORS, type ErrorCode } from '../../errors.ts';
import type { Toka } from '../../toka.ts';
import { type AgentRunFlags, bounds, sessionFor } from '../agent/run.ts';
import { type Door, doorTo } from '../door.ts';
import { untilHungUp } from '../interrupt.ts';
import { terminal } from '../text.ts';
import { History } from './editor/history.ts';
import type { Face } from './face.ts';
import { LineFace } from './line-face.ts';
import { LiveFace } from './live-face.ts';
import { Repl } from './repl.ts';

export interface StartFlags extends Pick<AgentRunFlags, 'allow' | 'budget' | 'continue' | 'deny' | 'ephemeral' | 'max-turns' | 'model' | 'plan' | 'record' | 'session' | 'storage' | 'timeout'> {
  /** Whether there are lines alone. */
  readonly 'screen-reader': boolean;
}

/**
 * Talks with an agent until the person, or what is piped in, is at its end.
 *
 * @returns The exit code: where lines are piped in, that of the last turn.
 */
export async function startRepl(name: string | undefined, flags: StartFlags, door: Door): Promise<number> {
  const { stdin } = door;
  const stdout = process.stdout;
  const isAttended = stdin.isTTY && stdout.isTTY;
  const isLive = isAttended && !flags['screen-reader'] && door.env['TERM'] !== 'dumb';
  let repl: Repl | undefined;
  const toka = await doorTo(flags.storage, door).open({
    journalThread: true,
    ...(isAttended
      ? {
          approver: async (tool, missing, _root, asked) => repl?.approve(tool, missing, asked) ?? { decision: 'deny', by: 'nobody' },
          inquirer: async (question) => repl?.inquire(question),
        }
      : { approver: async (tool, missing) => repl?.granted(tool, missing) ?? { decision: 'deny', by: 'nobody' } }),
  });
  const hangUp = untilHungUp();
  try {
    const isNew = !flags.continue && (flags.session ?? 'new') === 'new';
    repl = new Repl(toka, {
      agent: name ?? 'assistant',
      ...(flags.model === undefined ? {} : { model: flags.model }),
      ...(flags['max-turns'] === undefined ? {} : { maxSteps: flags['max-turns'] }),
      bounds: bounds(flags),
      hasShell: isAttended,
      isPlanning: flags.plan,
      session: isNew ? undefined : await sessionFor(name, flags, toka),
    });
    const face = isLive ? liveFace(repl, toka, door) : new LineFace({ stdin, stdout: isAttended ? stdout : door.stdout, stderr: door.stderr, isAttended });
    hangUp.signal.addEventListener('abort', () => repl?.hungUp());
    const code = await repl.talk(face);
    return isAttended || code === undefined ? 0 : (ERRORS[code as ErrorCode]?.exit ?? 1);
  } finally {
    hangUp.end();
    await toka.close();
  }
}

function liveFace(repl: Repl, toka: Toka, { env, stdin }: Door): Face {
  const { stdout } = process;
  const history = new History(join(userFolders(env).state, 'repl', 'history'));
  return new LiveFace({ stdin, stdout, env, root: toka.root, history, theme: 'dark', color: terminal(stdout, env).color, surroundings: repl.surroundings });
}
