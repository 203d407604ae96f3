import { writeFileSync } from 'node:fs';
import { isFileName } from '../manifest/file-name.ts';
import { join, resolve } from 'node:path';
import { TokaError } from '../errors.ts';
import type { Journal } from '../journal/contract.ts';
import type { ArtifactRef } from '../journal/events.ts';
import { makeFolder } from '../make-folder.ts';
import { type Door, doorTo } from './door.ts';
import { printSize } from '../manifest/units.ts';
import { plain } from './text.ts';

/** `toka runs artifacts RUN` */
export async function runArtifacts(prefix: string, { json, out, storage }: { readonly json: boolean; readonly out?: string | undefined; readonly storage?: string | undefined }, door: Door): Promise<number> {
  const toka = await doorTo(storage, door).open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const run = await journal.findRun(prefix);
    const artifacts = await artifactsOf(journal, run);
    if (out !== undefined) await saveArtifacts(journal, run, out, door);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-artifacts/v1', run, artifacts: artifacts.map(({ name, blob, bytes }) => ({ name, sha256: blob, bytes })) })}\n`);
    else if (out === undefined) door.stdout.write(artifacts.map(({ name, bytes }) => `${plain(name)}  ${printSize(bytes)}\n`).join(''));
    return 0;
  } finally {
    await toka.close();
  }
}

/**
 * Writes what a run made for its caller into a folder, which is made where it is missing. No file is replaced.
 *
 * @throws TokaError TOKA_USAGE where a file of that name is there already; TOKA_INTEGRITY for a name that toka did not write.
 */
export async function saveArtifacts(journal: Journal, run: string, folder: string, door: Door): Promise<void> {
  const artifacts = await artifactsOf(journal, run);
  makePlace(resolve(door.cwd, folder), run);
  for (const { name, blob } of artifacts) {
    if (!isFileName(name)) throw new TokaError('TOKA_INTEGRITY', `expected the name of a file, found ${JSON.stringify(name.slice(0, 80))}`, { hint: 'toka did not write this record: do not trust where it comes from' });
    const file = resolve(door.cwd, folder, name);
    try {
      writeFileSync(file, await journal.blob(blob), { flag: 'wx' });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      throw new TokaError('TOKA_USAGE', `${file} is there already`, { cause, hint: `name another folder: toka runs artifacts ${run} --out FOLDER` });
    }
    door.stderr.write(`wrote ${plain(join(folder, name))}\n`);
  }
}

function makePlace(path: string, run: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    throw new TokaError('TOKA_USAGE', `${path} is no folder, and cannot be made one: ${(cause as NodeJS.ErrnoException).code ?? ''}`, { cause, hint: `name another one: toka runs artifacts ${run} --out FOLDER` });
  }
}

async function artifactsOf(journal: Journal, run: string): Promise<readonly ArtifactRef[]> {
  const events = await journal.read(run);
  return events.flatMap(({ event }) => (event.type === 'run.finished' ? (event.artifacts ?? []) : []));
}
