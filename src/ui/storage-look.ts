import type { StorageSupports } from '@toka/sdk';
import { RUNS } from '../journal/keys.ts';
import { type Examined, examine } from '../journal/upkeep/examine.ts';
import { sizeOf } from '../journal/upkeep/size.ts';
import { describe } from './audit.ts';
import { keysOf } from './audit-read.ts';
import type { Door } from './door.ts';
import { sizeText } from './size-text.ts';
import { withProgress } from './storage-progress.ts';
import { demandThere, exists, installed, type Site, siteOf, withStorage } from './storage-site.ts';
import { paint, plain, table, terminal, type Terminal } from './text.ts';

export interface StorageFlags {
  readonly json: boolean;
  readonly storage?: string | undefined;
}

const INTEGRITY = 76;

/** `toka storage info` */
export async function showStorage({ json, storage }: StorageFlags, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  const facts = await factsOf(site);
  const backends = installed(door.env);
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/storage-info/v1', ...facts, backends })}\n`);
  else {
    const view = terminal(door.stdout, door.env);
    const rows = backends.map(({ id, supports, plugin, summary }) => [id, supported(supports), plugin ?? 'toka', summary]);
    door.stdout.write(`${factsText(facts)}\n${table(['INSTALLED', 'SUPPORTS', 'FROM', 'WHAT IT IS'], rows, view)}`);
  }
  return 0;
}

type Facts = Awaited<ReturnType<typeof factsOf>>;

async function factsOf(site: Site) {
  const { id, supports } = site.storage;
  return withStorage(site, true, async (storage) => {
    const { format, newestFormat, durability, bytes = site.isPath ? sizeOf(site.location) : undefined } = await storage.describe();
    const { events, runs } = await storage.snapshot(async (reader) => ({ events: (await reader.ends()).events, runs: await reader.count(RUNS) }));
    // A format says nothing where nothing is yet.
    const isThere = exists(site) ?? events > 0;
    const settings = { ...(format === undefined ? {} : { format }), ...(durability === undefined ? {} : { durability }) };
    return {
      backend: id,
      location: site.location,
      exists: isThere,
      ...(isThere ? settings : {}),
      ...(newestFormat === undefined ? {} : { newestFormat }),
      events,
      runs,
      ...(bytes === undefined ? {} : { bytes }),
      supports,
    };
  });
}

function factsText({ backend, location, exists: isThere, format, newestFormat, events, runs, bytes, durability, supports }: Facts): string {
  const isOld = format !== undefined && newestFormat !== undefined && format < newestFormat;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['backend', backend],
    ['location', isThere ? location : `${location} (nothing is there yet)`],
    ['format', isOld ? `${format}; the present one is ${newestFormat}: toka storage migrate` : format?.toString()],
    ['events', String(events)],
    ['runs', String(runs)],
    ['size', bytes === undefined ? undefined : sizeText(bytes)],
    ['durability', durability],
    ['supports', supported(supports)],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(11)} ${plain(value)}\n`])).join('');
}

function supported(supports: StorageSupports): string {
  return Object.entries(supports).flatMap(([name, does]) => (does ? [name] : [])).join(', ');
}

/** `toka storage verify` */
export async function verifyStorage({ json, key, storage }: StorageFlags & { readonly key: readonly string[] }, door: Door): Promise<number> {
  const site = await siteOf(storage, door);
  if (storage !== undefined) demandThere(site);
  const toka = await door.open({ readOnly: true });
  try {
    const keys = keysOf(toka, key);
    const found = await withProgress(`Verifying ${site.location}`, door, () => withStorage(site, true, (backend) => examine(backend, site.location, { keys, kept: [] })));
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/storage-verify/v1', backend: site.storage.id, location: site.location, ...found })}\n`);
    else door.stdout.write(examinedText(found, terminal(door.stdout, door.env)));
    return found.ok ? 0 : INTEGRITY;
  } finally {
    await toka.close();
  }
}

function examinedText({ ok, structure, record, unreadable }: Examined, view: Terminal): string {
  const bad = (text: string): string => paint(view, 'red', text);
  const lines = [
    `structure   ${structure.wrong === undefined ? (structure.checked ? 'in order' : 'not checked: the backend has no check of its own') : bad(plain(structure.wrong))}`,
    ...(unreadable === undefined ? [] : [`record      ${bad(plain(unreadable))}`]),
    ...(record ? [`record      ${record.ok ? 'in order' : bad(`${record.findings.length} findings`)}: ${record.events} events`] : []),
    ...(record?.findings ?? []).map((finding) => `${bad(finding.why.padEnd(11))} ${plain(describe(finding))}`),
    ok ? paint(view, 'green', 'in order') : bad('not in order'),
  ];
  return `${lines.join('\n')}\n`;
}
