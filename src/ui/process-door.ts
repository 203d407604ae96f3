import type { Door } from './door.ts';
import { isCharacterDevice, leanOutput } from './output.ts';

/** What a process ends with that was in the middle of a command. */
export const UNFINISHED = 70;

export interface ProcessDoor extends Door {
  /** Ends the process once everything is written: a pipe may still hold output back. */
  end(code: number): void;
}

/** The door of this very process. It makes Node's streams when they are first asked for, since each takes milliseconds. */
export function processDoor(): ProcessDoor {
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
    cwd: process.cwd(),
    get isAttended() {
      return isAttended(env);
    },
    open: async (options = {}) => {
      const { createToka } = await import('../toka.ts');
      return createToka({
        cwd: door.cwd,
        env,
        door: 'cli',
        ...(door.isAttended ? { approver: async (tool, missing, root) => (await import('./remember.ts')).askAndRemember(tool, missing, root) } : {}),
        ...options,
      });
    },
    end: (code) => {
      process.exitCode = code;
      const [first, second] = made;
      const exit = (): void => process.exit(code);
      if (!first) exit();
      else first.write('', () => (second ? second.write('', exit) : exit()));
    },
  };
  return door;
}

/** The reader of a pipe went away, so nobody wants the rest: a run is cancelled, anything else just ends. */
export function endWithReader(stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!process.emit('SIGTERM')) process.exit(process.exitCode === UNFINISHED ? 0 : process.exitCode);
  });
}

/** Whether a person sits at both ends. */
function isAttended(env: Door['env']): boolean {
  if ((env['CI'] ?? '') !== '' || !isCharacterDevice(0) || !isCharacterDevice(2)) return false;
  return process.stdin.isTTY && process.stderr.isTTY;
}
