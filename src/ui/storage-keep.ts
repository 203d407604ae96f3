import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../errors.ts';
import { translate } from '../journal/failures.ts';
import { backupStorage } from '../journal/upkeep/backup.ts';
import type { Content } from '../journal/upkeep/content.ts';
import { copyStorage } from '../journal/upkeep/copy.ts';
import { restoreStorage } from '../journal/upkeep/restore.ts';
import { compactStorage, migrateStorage } from '../journal/upkeep/tidy.ts';
import type { Door } from './door.ts';
import { sizeText } from './size-text.ts';
import { withProgress } from './storage-progress.ts';
import { demandThere, exists, type Site, siteOf, withStorage } from './storage-site.ts';
import { amount, plain } from './text.ts';

interface Flags {
  readonly json: boolean;
  readonly storage?: string | undefined;
}

/** `toka storage copy FROM TO` */
export async function copyJournal(words: { readonly from: string; readonly to: string }, { json }: Flags, door: Door): Promise<number> {
  const [from, to] = [await siteOf(words.from, door), await siteOf(words.to, door)];
  if (isSame(from, to)) throw new TokaError('TOKA_USAGE', `expected two places, found ${from.location} twice`, { hint: 'name another one to copy to' });
  demandThere(from);
  const content = await withProgress(`Copying ${from.location}`, door, (report) =>
    withStorage(from, true, (source) => withStorage(to, false, (target) => copyStorage(source, target, report))),
  );
  const places = { from: { backend: from.storage.id, location: from.location }, to: { backend: to.storage.id, location: to.location } };
  if (json) print(door, 'toka/storage-copy/v1', { ...places, ...content });
  else door.stdout.write(`copied to ${plain(to.location)}: ${contentText(content)}\n`);
  return 0;
}

/** `toka storage backup PLACE` */
export async function backupJournal(word: string, { json, storage }: Flags, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  demandThere(site);
  const place = resolve(door.cwd, word);
  const written = await withProgress(`Backing up ${site.location}`, door, (report) => withStorage(site, true, (source) => backupStorage(site.storage, source, place, report)));
  if (json) print(door, 'toka/storage-backup/v1', { backend: site.storage.id, location: site.location, backup: place, ...written });
  else door.stdout.write(`backed up to ${plain(place)}: ${contentText(written)}, ${sizeText(written.bytes)}\n`);
  return 0;
}

/** `toka storage restore PLACE` */
export async function restoreJournal(word: string, { json, storage, replace }: Flags & { readonly replace: boolean }, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  const place = resolve(door.cwd, word);
  const restored = await withProgress(`Restoring ${site.location}`, door, (report) => translated(site, () => restoreStorage(place, site, { replace, report })));
  if (json) print(door, 'toka/storage-restore/v1', { backend: site.storage.id, location: site.location, backup: place, ...restored });
  else {
    door.stdout.write(`restored to ${plain(site.location)}: ${contentText(restored)}\n`);
    if (restored.kept !== undefined) door.stdout.write(`what was there is kept in ${plain(restored.kept)}\n`);
  }
  return 0;
}

/** `toka storage compact` */
export async function compactJournal({ json, storage }: Flags, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  demandThere(site);
  const { before, after } = await withProgress(`Compacting ${site.location}`, door, () => translated(site, () => compactStorage(site.storage, site)));
  const known = before === undefined || after === undefined ? {} : { before, after, freed: before - after };
  if (json) print(door, 'toka/storage-compact/v1', { backend: site.storage.id, location: site.location, ...known });
  else door.stdout.write(before === undefined || after === undefined ? 'compacted; how much that gave is not told\n' : `${sizeText(before)} before, ${sizeText(after)} now\n`);
  return 0;
}

/** `toka storage migrate` */
export async function migrateJournal({ json, storage, 'dry-run': dryRun }: Flags & { readonly 'dry-run': boolean }, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  demandThere(site);
  const done = await translated(site, () => migrateStorage(site.storage, site, dryRun));
  if (json) print(door, 'toka/storage-migrate/v1', { backend: site.storage.id, location: site.location, ...done });
  else if (done.from === done.to) door.stdout.write(`${plain(site.location)} is of the present format, ${done.to}\n`);
  else door.stdout.write(`${plain(site.location)}: format ${done.from} → ${done.to}, ${done.events} events${done.migrated ? '' : '; nothing was changed'}\n`);
  return 0;
}

function print(door: Door, schema: string, result: object): void {
  door.stdout.write(`${JSON.stringify({ schema, ...result })}\n`);
}

function contentText({ events, runs, root }: Pick<Content, 'events' | 'runs' | 'root'>): string {
  return `${amount(events, 'event')} of ${amount(runs, 'run')}, verified, root ${root}`;
}

function isSame(one: Site, other: Site): boolean {
  if (one.storage.id !== other.storage.id) return false;
  if (one.location === other.location) return true;
  return exists(one) === true && exists(other) === true && realpathSync(one.location) === realpathSync(other.location);
}

async function translated<T>({ location }: Site, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error, location);
  }
}
