import { join } from 'node:path';
import { userFolders } from '../../config/paths.ts';
import { EXIT_CODES, type ErrorCode, TokaError } from '../../errors.ts';
import type { Toka } from '../../toka.ts';
import { type BoundFlags, bounds, type SessionFlags, sessionFor } from '../agent/bounds.ts';
import { type Door, doorTo } from '../door.ts';
import { untilHungUp } from '../interrupt.ts';
import { terminal } from '../text.ts';
import { History } from './editor/history.ts';
import type { Face } from './face.ts';
import { LineFace } from './line-face.ts';
import { LiveFace } from './live-face.ts';
import { customCommands } from './custom-commands.ts';
import { Repl } from './repl.ts';

export interface StartFlags extends BoundFlags, SessionFlags {
  readonly 'max-turns'?: number | undefined;
  readonly model?: string | undefined;
  readonly plan: boolean;
  readonly storage?: string | undefined;
  /** Whether there are lines alone. */
  readonly 'screen-reader': boolean;
}

const NOBODY = { decision: 'deny', by: 'nobody' } as const;

/**
 * Talks with an agent until the person, or what is piped in, is at its end.
 *
 * @returns The exit code: where lines are piped in, that of the last turn.
 */
export async function startRepl(name: string | undefined, flags: StartFlags, door: Door): Promise<number> {
  const { stdin } = door;
  const stdout = process.stdout;
  const isAttended = door.isAttended && stdin.isTTY && stdout.isTTY;
  if (flags.ephemeral) throw new TokaError('TOKA_USAGE', 'a conversation is kept as a session, so --ephemeral is for -p alone', { hint: 'leave --ephemeral out, or say with -p what is to be done' });
  let repl: Repl | undefined;
  const toka = await doorTo(flags.storage, door).open({
    journalThread: true,
    confirmer: undefined,
    inquirer: undefined,
    reviewer: undefined,
    approver: async (tool, missing, _root, asked) => repl?.asking.approve(tool, missing, asked) ?? NOBODY,
    ...(isAttended
      ? {
          confirmer: async (tool, taint) => repl?.asking.confirm(tool, taint) ?? NOBODY,
          inquirer: async (question) => repl?.asking.inquire(question),
          reviewer: async (drift) => repl?.asking.review(drift) ?? { decision: 'stop', by: 'nobody' },
        }
      : {}),
  });
  const isLive = isAttended && !flags['screen-reader'] && toka.repl.screenReader !== true && door.env['TERM'] !== 'dumb';
  const hangUp = untilHungUp();
  try {
    const isNew = !flags.continue && (flags.session ?? 'new') === 'new';
    repl = new Repl(toka, {
      agent: name ?? 'assistant',
      ...(flags.model === undefined ? {} : { model: flags.model }),
      ...(flags['max-turns'] === undefined ? {} : { maxSteps: flags['max-turns'] }),
      bounds: bounds(flags),
      commands: await customCommands(toka),
      hasShell: isAttended,
      isPlanning: flags.plan,
      session: isNew ? undefined : await sessionFor(name, flags, toka),
    });
    const face = isLive ? liveFace(repl, toka, door) : new LineFace({ stdin, stdout: isAttended ? stdout : door.stdout, stderr: door.stderr, isAttended });
    hangUp.signal.addEventListener('abort', () => repl?.hungUp());
    const code = await repl.talk(face);
    if (!isAttended && isNew && !repl.hasHeard) throw new TokaError('TOKA_USAGE', 'nothing was said: standard input is no terminal, and empty', { hint: 'say it with -p "…", pipe lines in, or start the conversation on a terminal' });
    return isAttended || code === undefined ? 0 : (EXIT_CODES[code as ErrorCode] ?? 1);
  } finally {
    hangUp.end();
    await toka.close();
  }
}

function liveFace(repl: Repl, toka: Toka, { env, stdin }: Door): Face {
  const { stdout } = process;
  const history = new History(join(userFolders(env).state, 'repl', 'history'));
  return new LiveFace({ stdin, stdout, env, root: toka.root, history, theme: toka.repl.theme ?? 'dark', color: terminal(stdout, env).color, surroundings: repl.surroundings });
}
