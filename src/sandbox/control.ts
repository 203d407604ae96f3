import type { ChildProcess } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { FD } from './bwrap.ts';

/** How toka speaks with the shell of a slot, and hears of what that has become. */
export interface Control {
  /** Gives the shell more to read; false where nobody reads any more. */
  tell(text: string): boolean;
  /** All that was written to the status file so far. */
  said(): string;
  /** Calls back as more of it comes, where that is noticed. */
  onSaid(listener: () => void): void;
  /** Keeps this process alive. */
  hold(): void;
  rest(): void;
  close(): void;
}

/** The sockets that Node.js itself makes for a child. */
export function socketControl(shell: ChildProcess): Control {
  const script = shell.stdin as Socket & Writable;
  const status = (shell.stdio as readonly unknown[])[FD.status] as Socket;
  let text = '';
  for (const stream of [script, status]) stream.on('error', () => undefined);
  status.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return {
    tell: (more) => {
      script.write(more);
      return true;
    },
    said: () => text,
    onSaid: (listener) => void status.on('data', listener),
    hold: () => void status.ref(),
    rest: () => {
      status.unref();
      script.unref();
    },
    close: () => {
      script.destroy();
      status.destroy();
    },
  };
}

const piece = Buffer.allocUnsafe(1024);

/**
 * Pipes of which this process holds one end each. Nothing here waits, and nothing is announced: the first socket of a process takes five milliseconds.
 *
 * @param script where the shell's end is the other one, as for `status`; that one does not block
 */
export function pipeControl({ script, status }: { readonly script: number; readonly status: number }): Control {
  let text = '';
  let isOpen = true;
  const read = (): number => {
    try {
      return readSync(status, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  };
  const said = (): string => {
    for (let count = isOpen ? read() : 0; count > 0; count = read()) text += piece.toString('latin1', 0, count);
    return text;
  };
  return {
    tell: (more) => {
      try {
        writeSync(script, more);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
        throw error;
      }
    },
    said,
    onSaid: () => undefined,
    hold: () => undefined,
    rest: () => undefined,
    close: () => {
      if (!isOpen) return;
      said();
      isOpen = false;
      closeSync(script);
      closeSync(status);
    },
  };
}
