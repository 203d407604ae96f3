import { copyFileSync, cpSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { satisfies } from 'semver';
import * as z from 'zod';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { filesDigest } from '../../registry/plugins/intact.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import { packageFile } from '../../workspace.ts';
import type { Door } from '../door.ts';
import type { PluginFacts } from './facts.ts';
import type { Fetched } from './fetch.ts';
import { npmIn } from './npm.ts';
import { moveInto, prepareFolder, type Store } from './store.ts';

interface Putting {
  readonly folder: string;
  readonly store: Store;
  readonly door: Door;
  readonly scripts: boolean;
}

/** Puts the package and what it depends on into a folder, and moves that to where it stays once it is all there; only the record makes a plugin of it. */
export async function putTogether(fetched: Fetched, { name, version, commands }: PluginFacts, { folder, store, door, scripts }: Putting): Promise<InstalledPlugin> {
  const { folder: unpacked, integrity, spec } = fetched;
  const sdk = dirname(packageFile('@toka/sdk'));
  const put = join('node_modules', name);
  prepareFolder(folder, sdk);
  if (!scripts && needsOnlySdk(unpacked, sdk)) {
    putBeside(sdk, join(folder, 'node_modules/@toka/sdk'));
    moveInto(unpacked, join(folder, put));
  } else {
    copyFileSync(fetched.tarball, join(folder, 'package.tgz'));
    await npmIn(folder, door.env).install(name, 'file:package.tgz', { scripts });
    if (!scripts) requireSame(unpacked, join(folder, put));
  }
  const root = store.place(name, version);
  const files = filesDigest(folder);
  moveInto(folder, root);
  return {
    name,
    version,
    from: spec.from,
    spec: spec.npm,
    root,
    packageFile: join(root, put, 'package.json'),
    integrity,
    files,
    commands: commands.flatMap(({ id, aliases }) => [id, ...aliases]),
    installedAt: new Date().toISOString(),
  };
}

/** Of the many things that npm does for a package, those that only it can do: of a package without them, it would do no more than unpack it. */
const absent = z.undefined().optional();
const withoutNpm = z.object({
  dependencies: z.strictObject({ '@toka/sdk': z.string().default('*') }).prefault({}),
  engines: z.strictObject({ node: z.string().default('*') }).prefault({}),
  optionalDependencies: absent,
  peerDependencies: absent,
  bundleDependencies: absent,
  bundledDependencies: absent,
  bin: absent,
  directories: absent,
  os: absent,
  cpu: absent,
  libc: absent,
});

/** Whether a package runs with the SDK of toka and on this Node.js, and asks for nothing else. */
function needsOnlySdk(folder: string, sdk: string): boolean {
  const parsed = withoutNpm.safeParse(manifestIn(folder));
  if (!parsed.success) return false;
  const { dependencies, engines } = parsed.data;
  const { version } = manifestIn(sdk) as { readonly version: string };
  return satisfies(version, dependencies['@toka/sdk']) && satisfies(process.version, engines.node);
}

function manifestIn(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** What is published of the SDK, wherever it stands. */
function putBeside(sdk: string, folder: string): void {
  makeFolder(folder);
  for (const part of ['package.json', 'dist']) cpSync(join(sdk, part), join(folder, part), { recursive: true });
}

/** npm was given a tarball by its name: what it made of it must be what was shown. It gives a `.gitignore` another name. */
function requireSame(shown: string, installed: string): void {
  for (const entry of readdirSync(shown, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || basename(entry.name) === '.gitignore') continue;
    const path = relative(shown, join(entry.parentPath, entry.name));
    if (isSame(join(shown, path), join(installed, path))) continue;
    throw new TokaError('TOKA_INTEGRITY', `${path} was not installed as it was shown, so nothing was`, { hint: 'try again; if it happens again, report it' });
  }
}

function isSame(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false;
  }
}
