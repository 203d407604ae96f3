import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Puts a text in place of a file in one step, durably: whoever reads meanwhile, or after a crash, sees the old or the new one. Throws the error
 * of the operating system, and leaves nothing behind then.
 *
 * @param text All of it, or its parts in order.
 * @param mode Of the new file, less what the mask of the process takes away.
 */
export function replaceFile(file: string, text: string | readonly string[], mode: number): void {
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  try {
    const fd = openSync(temporary, 'wx', mode);
    try {
      for (const part of typeof text === 'string' ? [text] : text) writeFileSync(fd, part);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing can be written there is nothing to remove.
  }
}
