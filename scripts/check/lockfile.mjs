// Checks package-lock.json: no registry's address, and a version for each platform, without which `npm ci` refuses it elsewhere or here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { root } = parseArgs({ options: { root: { type: 'string', default: join(import.meta.dirname, '../..') } } }).values;
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
if (Object.keys(packages).length < 2) fail('nothing: package-lock.json lists no package');

for (const [path, entry] of Object.entries(packages)) {
  if (/^[a-z+]+:/.test(entry.resolved ?? '')) fail(`address: ${path} names where it came from: ${entry.resolved}`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name)) fail(`platform: ${path} needs ${name} on some platform, and no version of it is locked`);
  }
}

/** Looks where Node.js would: in each node_modules from the package upwards. */
function isLocked(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}
