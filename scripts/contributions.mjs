// Writes the static `toka` block into the package.json of each plugin, as `toka plugins build` does. `--check` only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describePackage } from '../dist/ui/plugin-kit/build.js';

const { check, root } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: join(import.meta.dirname, '..') } },
}).values;

const plugins = readdirSync(join(root, 'plugins')).filter((name) => name !== 'sdk');
if (plugins.length === 0) fail('no plugin in plugins/');
for (const name of plugins) await update(`plugins/${name}`);

async function update(folder) {
  const file = `${folder}/package.json`;
  const found = readFileSync(join(root, file), 'utf8');
  const wanted = await describePackage(join(root, folder), found, JSON.parse(found)).catch((/** @type {unknown} */ error) => fail(String(error)));
  if (wanted === undefined || found === wanted) return;
  if (check) return fail(`${file} differs from what is in ${folder}/dist: run \`npm run build && npm run contributions\` and commit it`);
  writeFileSync(join(root, file), wanted);
  console.log(`wrote ${file}`);
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
