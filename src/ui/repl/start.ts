import { join } from 'node:path';
import { userFolders } from '../../config/paths.ts';
import { ERRORS, type ErrorCode } from '../../errors.ts';
import type { Toka } from '../../toka.ts';
import type { Door } from '../door.ts';
import { untilHungUp } from '../interrupt.ts';
import { terminal } from '../text.ts';
import { History } from './editor/history.ts';
import type { Face } from './face.ts';
import { LineFace } from './line-face.ts';
import { LiveFace } from './live-face.ts';
import { customCommands } from './custom-commands.ts';
import { Repl } from './repl.ts';
import { showSession } from './show-session.ts';
import type { ThemeName } from './theme.ts';

export interface StartOptions {
  /** Default: the assistant. */
  readonly agent?: string;
  readonly model?: string;
  readonly maxSteps?: number;
  /** Granted from the beginning, until the end. */
  readonly allow?: readonly string[];
  /** The session that is gone on with, or how its id begins. */
  readonly session?: string;
  /** What is said first. */
  readonly prompt?: string;
  /** Whether there are lines alone, for a screen reader. */
  readonly isForScreenReader?: boolean;
  readonly theme?: ThemeName;
}

/**
 * Talks with an agent until the person, or what is piped in, is at its end.
 *
 * @returns The exit code: where lines are piped in, that of the last turn.
 */
export async function startRepl(options: StartOptions, door: Door): Promise<number> {
  const { stdin } = door;
  const stdout = process.stdout;
  const isAttended = stdin.isTTY && stdout.isTTY;
  const isLive = isAttended && options.isForScreenReader !== true && door.env['TERM'] !== 'dumb';
  let repl: Repl | undefined;
  const toka = await door.open({
    journalThread: true,
    ...(isAttended
      ? {
          approver: async (tool, missing, _root, asked) => repl?.approve(tool, missing, asked) ?? { decision: 'deny', by: 'nobody' },
          confirmer: async (tool, taint) => repl?.confirm(tool, taint) ?? { decision: 'deny', by: 'nobody' },
          inquirer: async (question) => repl?.inquire(question),
        }
      : { approver: async (tool, missing) => repl?.granted(tool, missing) ?? { decision: 'deny', by: 'nobody' }, confirmer: undefined }),
  });
  const hangUp = untilHungUp();
  try {
    const session = options.session === undefined ? undefined : await (await toka.sessions()).find(options.session);
    repl = new Repl(toka, { ...options, agent: options.agent ?? 'assistant', hasShell: isAttended, commands: await customCommands(toka), ...(session ? { session } : { session: undefined }) });
    const face = isLive ? liveFace(repl, toka, options, door) : new LineFace({ stdin, stdout: isAttended ? stdout : door.stdout, stderr: door.stderr, isAttended });
    hangUp.signal.addEventListener('abort', () => repl?.hungUp());
    if (session) await showSession(session, { conversation: repl.conversation, face });
    const code = await repl.talk(face, options.prompt);
    return isAttended || code === undefined ? 0 : (ERRORS[code as ErrorCode]?.exit ?? 1);
  } finally {
    hangUp.end();
    await toka.close();
  }
}

function liveFace(repl: Repl, toka: Toka, { theme = 'dark' }: StartOptions, { env, stdin }: Door): Face {
  const { stdout } = process;
  const history = new History(join(userFolders(env).state, 'repl', 'history'));
  return new LiveFace({ stdin, stdout, env, root: toka.root, history, theme, color: terminal(stdout, env).color, surroundings: repl.surroundings });
}
