import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCoded, type IsolateHost } from '@toka/sdk';
import type { Completion } from '../completion.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Keeps the files that code left in its folder. Links are not followed: code may have made them lead anywhere.
 *
 * @param limit Bytes of all of them.
 * @returns Why one of them could not be kept.
 */
export function keepArtifacts(folder: string, host: Pick<IsolateHost, 'artifact' | 'log'>, limit: number): Completion['failure'] | undefined {
  let left = limit;
  for (const name of readdirSync(folder).toSorted()) {
    const content = readPlain(join(folder, name), left);
    if (!content) {
      host.log('warn', `${JSON.stringify(name)} was not kept: in $TOKA_ARTIFACTS only plain files are`);
      continue;
    }
    left -= content.byteLength;
    try {
      host.artifact(name, content);
    } catch (error) {
      if (!isCoded(error)) throw error;
      return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
    }
  }
  return undefined;
}

function readPlain(path: string, limit: number): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= limit ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
