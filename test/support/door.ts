import { Readable } from 'node:stream';
import type { Door } from '../../src/ui/door.ts';
import { createToka } from '../../src/toka.ts';
import { openWorkspace } from '../../src/workspace.ts';
import type { Place } from './cli.ts';

/** What was written at a door. */
export interface Written {
  readonly stdout: string;
  readonly stderr: string;
}

/** A door of this process into a place: what a command works with, without a process of its own. `isTty`: whether somebody looks on. */
export function doorInto(here: Place, input: string | Uint8Array = '', { isTty = false } = {}): { readonly door: Door; readonly written: Written } {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof Written) => ({
    isTTY: isTty,
    write(chunk: string | Uint8Array): void {
      written[name] += Buffer.from(chunk).toString('utf8');
    },
  });
  const door: Door = {
    stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]) as unknown as NodeJS.ReadStream,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: here.env,
    cwd: here.project,
    isAttended: false,
    open: async (options = {}) => createToka({ cwd: here.project, env: here.env, door: 'cli', ...options }),
    workspace: async () => openWorkspace({ cwd: here.project, env: here.env }),
  };
  return { door, written };
}
