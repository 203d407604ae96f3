import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { npmIn } from './npm.ts';
import { pathOf, type Spec } from './spec.ts';
import { integrityOf, unpack } from './tarball.ts';

/** A package as it was fetched: the bytes that are looked at are the bytes that are installed. */
export interface Fetched {
  readonly spec: Spec;
  readonly tarball: string;
  /** SHA-512 of the tarball. */
  readonly integrity: string;
  /** What is in it, unpacked; nothing of it has run. */
  readonly folder: string;
  /** What the registry says of it. */
  readonly registry?: RegistryFacts;
}

export interface RegistryFacts {
  readonly maintainers: readonly string[];
  /** Whether the registry has an attestation of where it was built. toka does not verify it. */
  readonly provenance: 'none' | 'unverified';
}

/**
 * Fetches a package into a folder and unpacks it there. Nothing of it runs.
 *
 * @param folder Empty, and for this alone.
 * @throws TokaError TOKA_PLUGIN_UNKNOWN, TOKA_PLUGIN_UNAVAILABLE, TOKA_PLUGIN_UNSAFE, TOKA_INTEGRITY
 */
export async function fetchPackage(spec: Spec, folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Fetched> {
  const tarball = join(folder, 'package.tgz');
  makeFolder(join(folder, 'packed'));
  const registered = spec.from === 'registry' ? await lookUp(spec.npm, folder, env) : undefined;
  const path = spec.from === 'tarball' ? pathOf(spec) : undefined;
  copyFileSync(path ?? (await pack(registered?.exact ?? spec.npm, folder, env)), tarball);
  const integrity = integrityOf(tarball);
  if (registered && !registered.integrity.split(' ').includes(integrity)) {
    throw new TokaError('TOKA_INTEGRITY', `expected ${registered.exact} with the integrity ${registered.integrity}, as the registry says, found ${integrity}`, {
      hint: 'do not install it; tell the maintainers of the registry',
    });
  }
  await unpack(tarball, join(folder, 'unpacked'));
  return { spec, tarball, integrity, folder: join(folder, 'unpacked'), ...(registered ? { registry: registered.facts } : {}) };
}

async function pack(npm: string, folder: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  await npmIn(folder, env).run(['pack', npm, '--pack-destination', join(folder, 'packed')]);
  const [file] = readdirSync(join(folder, 'packed'));
  if (file !== undefined) return join(folder, 'packed', file);
  throw new TokaError('TOKA_PLUGIN_UNAVAILABLE', `npm pack made no tarball of ${npm}`, { hint: 'is it a package, with a name and a version?' });
}

const view = z.object({
  name: z.string(),
  version: z.string(),
  'dist.integrity': z.string().optional(),
  'dist.attestations': z.unknown().optional(),
  maintainers: z.union([z.string(), z.array(z.string())]).default([]),
});

/** Of several versions that fit, npm names the newest last. */
async function lookUp(npm: string, folder: string, env: Readonly<Record<string, string | undefined>>): Promise<{ readonly exact: string; readonly integrity: string; readonly facts: RegistryFacts }> {
  const text = await npmIn(folder, env).run(['view', npm, '--json', 'name', 'version', 'dist.integrity', 'dist.attestations', 'maintainers']);
  const parsed = z.union([view, z.array(view).min(1)]).safeParse(text === '' ? undefined : JSON.parse(text));
  const newest = parsed.success ? (Array.isArray(parsed.data) ? parsed.data.at(-1) : parsed.data) : undefined;
  if (!newest) throw new TokaError('TOKA_PLUGIN_UNKNOWN', `the registry has no ${npm}`, { hint: 'check the name and the version; toka plugins search finds plugins' });
  const { name, version, maintainers, 'dist.integrity': integrity, 'dist.attestations': attestations } = newest;
  if (integrity === undefined) {
    throw new TokaError('TOKA_INTEGRITY', `the registry names no integrity of ${name} ${version}, so nothing says what it should be`, { hint: 'install it from a tarball that you trust' });
  }
  return {
    exact: `${name}@${version}`,
    integrity,
    facts: { maintainers: typeof maintainers === 'string' ? [maintainers] : maintainers, provenance: attestations === undefined ? 'none' : 'unverified' },
  };
}
