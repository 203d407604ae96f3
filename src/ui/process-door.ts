import type { Door } from './door.ts';
import { EXIT_CODES, TokaError } from '../errors.ts';
import type { TokaOptions } from '../toka.ts';
import { stopUnread } from './interrupt.ts';
import { leanOutput, mayBeTerminal } from './output.ts';
import { errorText } from './report.ts';
import { reportError } from './report-error.ts';
import { plain, terminal } from './text.ts';
import { UNFINISHED } from './unfinished.ts';

export interface ProcessDoor extends Door {
  /** Ends the process once everything is written: a pipe may still hold output back. */
  end(code: number): void;
}

/** Who is asked where somebody is there. */
const people: Required<Pick<TokaOptions, 'approver' | 'confirmer' | 'reviewer'>> = {
  approver: async (tool, missing, root) => (await import('./remember.ts')).askAndRemember(tool, missing, root),
  confirmer: async (tool, taint, root) => (await import('./remember.ts')).askAboutFlowAndRemember(tool, taint, root),
  reviewer: async (drift) => (await import('./prompts.ts')).askAboutDrift(drift),
};

/**
 * The door of this very process. It makes Node's streams when they are first asked for, since each takes milliseconds.
 *
 * @param argv The words of its command: with `--debug` among them, it is told where internal errors of runs come from.
 */
export function processDoor(argv: readonly string[]): ProcessDoor {
  const { env } = process;
  const made = new Set<NodeJS.WriteStream>();
  const keep = (stream: NodeJS.WriteStream): NodeJS.WriteStream => {
    if (!made.has(stream)) endWithReader(stream);
    made.add(stream);
    return stream;
  };
  const door: ProcessDoor = {
    get stdin() {
      return process.stdin;
    },
    stdout: leanOutput(1, () => keep(process.stdout)),
    stderr: leanOutput(2, () => keep(process.stderr)),
    env,
    get cwd() {
      return workingFolder();
    },
    get isAttended() {
      return isAttended(env);
    },
    open: async (options = {}) => {
      const { createToka } = await import('../toka.ts');
      return createToka({
        cwd: door.cwd,
        env,
        door: 'cli',
        ...(door.isAttended ? people : {}),
        ...(argv.includes('--debug') ? { onDefect: (origin) => void door.stderr.write(`${plain(origin)}\n`) } : {}),
        ...options,
      });
    },
    workspace: async () => (await import('../workspace.ts')).openWorkspace({ cwd: door.cwd, env }),
    end: (code) => {
      process.exitCode = code;
      const [first, second] = made;
      const exit = (): void => process.exit(unwritten && code === 0 ? UNWRITTEN : code);
      // That something could not be written is told by an event that comes after this call.
      const finish = (error?: Error | null): void => void (error ? setImmediate(exit) : exit());
      if (!first) exit();
      else first.write('', (error) => (second ? second.write('', (also) => finish(error ?? also)) : finish(error)));
    },
  };
  return door;
}

/**
 * Does the work of a command at the door of this process, and ends the process with its exit code, whatever happens.
 *
 * @param argv The words that errors are reported for: `--json` and `--debug` among them count.
 * @returns Whether the command was understood: `undefined` from it means that it was not, and nothing has ended.
 */
export async function serve(argv: readonly string[], command: (door: Door) => Promise<number | undefined>): Promise<boolean> {
  const door = processDoor(argv);
  try {
    const code = await command(door);
    if (code === undefined) return false;
    if (code === 0 && !SILENT.some((flag) => argv.includes(flag)) && door.isAttended) (await import('./updates/notice.ts')).mentionUpdates(door);
    door.end(code);
  } catch (thrown) {
    door.end(reportError(thrown, { has: (flag) => argv.includes(`--${flag}`) }, door));
  }
  return true;
}

/** With these nobody wants to be told anything beside. */
const SILENT = ['--json', '--quiet'];

/** What a process ends with that could not write what it was asked for. */
const UNWRITTEN = EXIT_CODES.TOKA_FS_FAILED;
let unwritten = false;

/**
 * The reader of a pipe went away, so nobody wants the rest: a run is cancelled, anything else just ends. Where the output cannot be written
 * for another reason (the disk is full), that is said, and the end is no success.
 */
export function endWithReader(stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') tell(stdout, error);
    if (stopUnread(error.code === 'EPIPE' ? 'whoever read its output has gone' : 'its output could not be written')) return;
    process.exit(unwritten ? UNWRITTEN : process.exitCode === UNFINISHED ? 0 : process.exitCode);
  });
}

function tell(stream: NodeJS.WriteStream, error: Error): void {
  if (unwritten) return;
  unwritten = true;
  if (stream === process.stderr) return;
  const failure = { code: 'TOKA_FS_FAILED', message: `the output could not be written: ${error.message}`, hint: 'check where it goes to, and the free space there' };
  process.stderr.write(errorText(failure, terminal(process.stderr, process.env)));
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new TokaError('TOKA_USAGE', 'the working folder does not exist any more', { cause, hint: 'change to one that does' });
  }
}

/** Whether a person sits at both ends. */
function isAttended(env: Door['env']): boolean {
  if ((env['CI'] ?? '') !== '' || !mayBeTerminal(0) || !mayBeTerminal(2)) return false;
  return process.stdin.isTTY && process.stderr.isTTY;
}
