import type { Folder } from './folder.ts';
import { isObject, parseObject, strings, type PackageJson } from './package-json.ts';
import type { Verdict } from './step.ts';

/** How many differences a message names. */
const SHOWN = 5;

/**
 * Whether package.json, package-lock.json and node_modules agree, as `npm ci` would leave them: without npm, network or a single byte written.
 * What is installed stands in `node_modules/.package-lock.json`, npm's own record (docs: "hidden lockfiles").
 */
export async function checkNpmTree(folder: Folder, manifest: PackageJson): Promise<Verdict> {
  const lockText = (await folder.read('package-lock.json')) ?? (await folder.read('npm-shrinkwrap.json'));
  const installedText = await folder.read('node_modules/.package-lock.json');
  if (lockText === undefined) return { agrees: false, message: 'there is no package-lock.json: run npm install, and commit it' };
  if (installedText === undefined) return { agrees: false, message: 'nothing is installed: run npm ci' };
  const lock = packagesOf(lockText, `${folder.path}/package-lock.json`);
  if (lock === undefined)
    return { agrees: false, message: 'package-lock.json is of lockfileVersion 1: run npm install with npm 7 or later' };
  const installed = packagesOf(installedText, `${folder.path}/node_modules/.package-lock.json`) ?? {};
  const stale = staleNames(manifest, lock[''] ?? {});
  if (stale.length > 0) return { agrees: false, message: `package-lock.json is older than package.json (${some(stale)}): run npm install` };
  const differences = differing(lock, installed);
  if (differences.length > 0)
    return { agrees: false, message: `node_modules differs from package-lock.json (${some(differences)}): run npm ci` };
  return { agrees: true, message: `${Object.keys(installed).length} packages are installed as package-lock.json says` };
}

/** pnpm keeps the lock file that it installed from; yarn classic a list of what it asked for; yarn 2 and later only that it did. */
export async function checkCopiedLock(folder: Folder, lockName: string, copyName: string, command: string): Promise<Verdict> {
  const [lock, copy] = [await folder.read(lockName), await folder.read(copyName)];
  if (lock === undefined) return { agrees: false, message: `there is no ${lockName}: run ${command}, and commit it` };
  if (copy === undefined) return { agrees: false, message: `nothing is installed: run ${command}` };
  if (lock.replaceAll('\r\n', '\n') === copy.replaceAll('\r\n', '\n'))
    return { agrees: true, message: `node_modules was installed from this ${lockName}` };
  return { agrees: false, message: `node_modules was installed from another ${lockName}: run ${command}` };
}

/** Yarn: the top-level patterns of classic, for later ones the mere presence of an install, which the message admits. */
export async function checkYarnTree(folder: Folder, manifest: PackageJson): Promise<Verdict> {
  if (!(await folder.has('yarn.lock'))) return { agrees: false, message: 'there is no yarn.lock: run yarn install, and commit it' };
  const integrity = await folder.read('node_modules/.yarn-integrity');
  if (integrity !== undefined) return checkPatterns(integrity, manifest, folder.path);
  for (const mark of ['.pnp.cjs', 'node_modules/.yarn-state.yml']) {
    if (await folder.has(mark))
      return { agrees: true, message: `an install is there (${mark}); whether it matches yarn.lock was not compared` };
  }
  return { agrees: false, message: 'nothing is installed: run yarn install --immutable' };
}

function checkPatterns(text: string, manifest: PackageJson, path: string): Verdict {
  const patterns = parseObject(text, `${path}/node_modules/.yarn-integrity`)['topLevelPatterns'];
  const known = new Set(Array.isArray(patterns) ? patterns : []);
  const missing = Object.entries(manifest.dependencies)
    .map(([name, range]) => `${name}@${range}`)
    .filter((pattern) => !known.has(pattern));
  if (missing.length === 0) return { agrees: true, message: 'everything that package.json asks for is installed' };
  return { agrees: false, message: `node_modules lacks what package.json asks for (${some(missing)}): run yarn install --frozen-lockfile` };
}

type Packages = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function packagesOf(text: string, path: string): Packages | undefined {
  const packages = parseObject(text, path)['packages'];
  if (!isObject(packages)) return undefined;
  return Object.fromEntries(Object.entries(packages).filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1])));
}

/** Dependencies whose range in package.json is not the one that the lock was made for. */
function staleNames({ groups }: PackageJson, root: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(groups).flatMap(([group, wanted]) => {
    const locked = strings(root[group]);
    return [...new Set([...Object.keys(wanted), ...Object.keys(locked)])].filter((name) => wanted[name] !== locked[name]);
  });
}

function differing(lock: Packages, installed: Packages): string[] {
  const wanted = Object.entries(lock).filter(([place]) => place !== '');
  const wrong = wanted.filter(([place, entry]) => {
    const found = installed[place];
    if (found === undefined) return entry['optional'] !== true && entry['devOptional'] !== true && entry['peer'] !== true;
    return found['version'] !== entry['version'] || found['integrity'] !== entry['integrity'] || found['resolved'] !== entry['resolved'];
  });
  const extra = Object.keys(installed).filter((place) => !(place in lock));
  return [...wrong.map(([place]) => place), ...extra].map((place) => place.replace(/^.*node_modules\//, ''));
}

function some(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}
