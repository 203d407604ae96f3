// Writes manifests/schema/*.v1.json from the zod schemas; with --check only compares them and exits 1 where one differs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publishedSchemas } from '../dist/config/published.js';

const folder = new URL('../manifests/schema/', import.meta.url);
const check = process.argv.includes('--check');
let drifted = 0;
if (!check) mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas())) {
  const file = new URL(`${name}.v1.json`, folder);
  const text = `${JSON.stringify(schema, undefined, 2)}\n`;
  if (read(file) === text) continue;
  drifted += 1;
  if (check) console.error(`${fileURLToPath(file)} differs from its source: run npm run schemas`);
  else writeFileSync(file, text);
}
process.exitCode = check && drifted > 0 ? 1 : 0;

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
