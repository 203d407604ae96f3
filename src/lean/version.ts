import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Prints which toka this is, without anything that any other command needs. Returns whether all of it could be written at once. */
export function showVersion(): boolean {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
  const line = Buffer.from(`toka/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
  try {
    return writeSync(1, line) === line.length;
  } catch {
    return false;
  }
}
