import { createToka } from '../toka.ts';
import type { Door } from './door.ts';

/** The door of this very process. */
export function processDoor(): Door {
  const { stdin, stdout, stderr, env } = process;
  const door: Door = {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    open: async (options = {}) => {
      const isAttended = stdin.isTTY && stderr.isTTY && (env['CI'] ?? '') === '';
      return createToka({
        cwd: door.cwd,
        env,
        door: 'cli',
        ...(isAttended ? { approver: async (tool, missing, root) => (await import('./remember.ts')).askAndRemember(tool, missing, root) } : {}),
        ...options,
      });
    },
  };
  return door;
}
