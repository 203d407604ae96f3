// Compares the dependencies in every package.json with docs/dependencies.md, which says in a line why each is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readWorkspaces } from './workspaces.mjs';

const { root } = parseArgs({ options: { root: { type: 'string', default: join(import.meta.dirname, '../..') } } }).values;
const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

const used = readUsed();
const explained = readExplained();
if (used.size === 0) fail('nothing: no package.json has a dependency');
for (const key of used) if (!explained.has(key)) fail(`missing: docs/dependencies.md does not say why ${key} is there`);
for (const key of explained) if (!used.has(key)) fail(`stale: docs/dependencies.md explains ${key}, which is not there`);

/** `package: dependency` for each one that is not ours. */
function readUsed() {
  const workspaces = readWorkspaces(root);
  const ours = workspaces.map(({ manifest }) => manifest.name);
  const pairs = workspaces.flatMap(({ manifest }) =>
    FIELDS.flatMap((field) => Object.keys(manifest[field] ?? {}))
      .filter((name) => !ours.includes(name))
      .map((name) => `${manifest.name}: ${name}`),
  );
  return new Set(pairs);
}

/** A heading in backquotes names the package; below it each row of a table begins with the dependency in backquotes and ends with the reason. */
function readExplained() {
  const pairs = new Set();
  let owner;
  for (const line of readFileSync(join(root, 'docs/dependencies.md'), 'utf8').split(/\r?\n/)) {
    owner = /^#+ .*`(.+)`/.exec(line)?.[1] ?? owner;
    const row = /^\| *`([^`]+)` *\|(.*)\|$/.exec(line);
    if (!row) continue;
    if (row[2].trim() === '') fail(`reason: docs/dependencies.md gives none for ${row[1]}`);
    pairs.add(`${owner}: ${row[1]}`);
  }
  return pairs;
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}
