import { gt, maxSatisfying, prerelease } from 'semver';
import { ownPackage } from '../../config/package-root.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import { asResultError } from '../../pipeline/result.ts';
import type { InstalledPlugin } from '../../registry/plugins/record.ts';
import type { Door } from '../door.ts';
import { type Npm, npmIn } from '../plugins/npm.ts';
import { inTemporary } from '../plugins/store.ts';
import { errorText } from '../report.ts';
import { table, terminal } from '../text.ts';
import { isVersion, type Update, writeNote } from './note.ts';

interface Asked {
  readonly name: string;
  readonly version: string;
  /** What would be fetched, in npm's words. */
  readonly spec: string;
}

/** `toka plugins outdated`: asks the registry, of toka itself as well, and keeps what it says for the notice. */
export async function listOutdated({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }, door: Door): Promise<number> {
  const { folders, plugins, registry } = await door.workspace();
  registry.close();
  const own = { name: ownPackage().name, version: ownPackage().version, spec: ownPackage().name };
  const found = await inTemporary(async (folder) => {
    const npm = npmIn(folder, door.env);
    return Promise.all([own, ...plugins.filter(isFromRegistry)].map(async (each) => ask(each, npm)));
  });
  // A toka that was never published, or one that no registry here has, is no fault of the plugins.
  const [ofToka, ...ofPlugins] = found;
  const failures = ofPlugins.flatMap((one) => (one instanceof TokaError ? [one] : []));
  const unavailable = [ofToka, ...failures].find((one) => one instanceof TokaError && one.code === 'TOKA_PLUGIN_UNAVAILABLE');
  if (unavailable instanceof TokaError) throw unavailable;
  const updates = found.flatMap((one) => (one === undefined || one instanceof TokaError ? [] : [one]));
  writeNote(folders.cache, { v: 1, asked: Date.now(), updates, told: !quiet });
  if (quiet) return 0;
  if (json) {
    door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-outdated/v1', updates, failures: failures.map(asResultError) })}\n`);
    return 0;
  }
  const view = terminal(door.stderr, door.env);
  for (const failure of failures) door.stderr.write(errorText(asResultError(failure), view));
  if (updates.length === 0) door.stderr.write(`nothing here is older than what the registry has${ofToka instanceof TokaError ? `; it has no ${own.name}` : ''}\n`);
  else door.stdout.write(table(['PACKAGE', 'HERE', 'NEWEST', 'TO UPDATE'], updates.map((update) => [update.name, update.version, update.newest, commandFor(update)]), terminal(door.stdout, door.env)));
  return 0;
}

/** What brings the newest version of something. */
export function commandFor({ name }: Pick<Update, 'name'>): string {
  return name === ownPackage().name ? `npm install --global ${name}@latest` : `toka plugins update ${name}`;
}

function isFromRegistry({ from }: InstalledPlugin): boolean {
  return from === 'registry';
}

/** The newest version that would be fetched, where that is a newer one; what went wrong, where something did. */
async function ask({ name, version, spec }: Asked, npm: Npm): Promise<Update | TokaError | undefined> {
  try {
    const said: unknown = JSON.parse(await npm.run(['view', spec, 'version', '--json']));
    const newest = newestOf(Array.isArray(said) ? said : [said]);
    return newest !== undefined && gt(newest, version) ? { name, version, newest } : undefined;
  } catch (thrown) {
    return toTokaError(thrown);
  }
}

/** Of a range npm says all versions in it. One that is not finished is nobody's update. */
function newestOf(said: readonly unknown[]): string | undefined {
  const finished = said.filter(isVersion).filter((version) => prerelease(version) === null);
  return maxSatisfying(finished, '*') ?? undefined;
}
