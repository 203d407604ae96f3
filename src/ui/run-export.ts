import { resolve } from 'node:path';
import { ownPackage } from '../config/package-root.ts';
import { TokaError } from '../errors.ts';
import type { RunSummary } from '../journal/contract.ts';
import { EXPORT_LIMIT, exportRuns } from '../journal/run-export.ts';
import { importRuns, readExport } from '../journal/run-import.ts';
import { type RunTree, treeOf } from '../journal/run-tree.ts';
import { readTextFile } from '../manifest/read.ts';
import { replaceFile } from '../replace-file.ts';
import { localUser } from '../toka.ts';
import type { Door } from './door.ts';
import { amount } from './text.ts';

export interface ExportFlags {
  readonly json: boolean;
  readonly out: string | undefined;
  readonly withChildren: boolean;
}

/** `toka runs export RUN` */
export async function exportRun(prefix: string, { json, out, withChildren }: ExportFlags, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const all = runsOf(await treeOf(journal, await journal.run(await journal.findRun(prefix))));
    const chosen = withChildren ? all : all.slice(0, 1);
    const { lines, ...counts } = await exportRuns(journal, chosen, { toka: ownPackage().version, now: Date.now() });
    if (out === undefined) for (const line of lines) door.stdout.write(line);
    else replaceGiven(resolve(door.cwd, out), lines);
    const others = all.length - chosen.length;
    if (json && out !== undefined) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-exported/v1', run: all[0]?.id, ...counts, others })}\n`);
    else door.stderr.write(`${amount(counts.runs, 'run')}, ${amount(counts.events, 'event')}, ${amount(counts.blobs, 'blob')}${others === 0 ? '' : `; without ${amount(others, 'run')} that it started: --with-children`}\n`);
    return 0;
  } finally {
    await toka.close();
  }
}

/** `toka runs import FILE` */
export async function importRun(path: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const found = readExport(readFile(resolve(door.cwd, path), path), path);
  const toka = await door.open();
  try {
    const { imported, known } = await importRuns(await toka.journal(), found, { by: localUser(), toka: ownPackage().version });
    const { run, origin } = found.head;
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-import/v1', run, origin, imported, known })}\n`);
    else door.stdout.write(`${amount(imported.length, 'run')} imported from ${origin}${known.length === 0 ? '' : `; ${known.length} known already`}: toka runs show ${run}\n`);
    return 0;
  } finally {
    await toka.close();
  }
}

function runsOf({ run, children }: RunTree): RunSummary[] {
  return [run, ...children.flatMap(runsOf)];
}

function replaceGiven(file: string, lines: readonly string[]): void {
  try {
    replaceFile(file, lines, 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot write the export: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, hint: 'check the folder that --out names, and the free space there', where: { file } });
  }
}

function readFile(file: string, given: string): string {
  const read = readTextFile(file, EXPORT_LIMIT + 1024);
  if ('text' in read) return read.text;
  const { expected, found } = read.issue;
  throw new TokaError('TOKA_USAGE', `expected an export of runs: ${expected}, found ${found}`, { where: { file: given }, hint: 'check the path' });
}
