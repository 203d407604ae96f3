// Writes the generated parts of docs/ from the sources; with --check only compares them and exits 1 where one differs.
// A generated part stands between <!-- generated: NAME --> and <!-- end -->. Needs a build.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cliReference } from './docs/cli.mjs';
import { errorReference, exitCodes } from './docs/errors.mjs';
import { exampleFile, floorList, stageTable } from './docs/house.mjs';
import { keyTable } from './docs/keys.mjs';
import { levelTable } from './docs/levels.mjs';
import { sdkReference } from './docs/sdk.mjs';

const { check, root } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: join(import.meta.dirname, '..') } },
}).values;

const schema = (name) => JSON.parse(readFileSync(join(import.meta.dirname, '../manifests/schema', `${name}.v1.json`), 'utf8'));

/** By the name in the marker. */
const PARTS = {
  cli: cliReference,
  errors: errorReference,
  'exit-codes': exitCodes,
  embed: () => exampleFile('embed.mjs', 'js'),
  floors: floorList,
  levels: levelTable,
  sdk: () => sdkReference('index'),
  'sdk-program': () => sdkReference('program'),
  'sdk-testing': () => sdkReference('testing/index'),
  stages: stageTable,
  'keys-config': () => keyTable(schema('config')),
  'keys-lock': () => keyTable(schema('lock').properties.tools.additionalProperties),
  'keys-policy-test': () => keyTable(schema('policy-test')),
  'keys-plugin-tools': () => keyTable(schema('plugin').properties.contributes.properties.tools.items, 'contributes.tools[]'),
  'keys-tool-metadata': () => keyTable(schema('tool').properties.metadata, 'metadata'),
  'keys-tool-spec': () => keyTable(schema('tool').properties.spec, 'spec', ['executable', 'parameters', 'security']),
  'keys-tool-executable': () => keyTable(schema('tool').properties.spec.properties.executable, 'spec.executable'),
  'keys-tool-parameters': () => keyTable(schema('tool').properties.spec.properties.parameters.items, 'spec.parameters[]'),
  'keys-tool-security': () => keyTable(schema('tool').properties.spec.properties.security, 'spec.security'),
};

const MARKED = /(<!-- generated: ([\w-]+) -->\n)[^]*?(<!-- end -->)/g;
const written = new Set();
let problems = 0;

for (const name of readdirSync(join(root, 'docs')).filter((each) => each.endsWith('.md')).toSorted()) {
  const file = join(root, 'docs', name);
  const text = readFileSync(file, 'utf8');
  const next = text.replace(MARKED, (whole, start, part, end) => {
    written.add(part);
    if (Object.hasOwn(PARTS, part)) return `${start}\n${PARTS[part]()}\n${end}`;
    report(`docs/${name} asks for the part ${part}, which nothing generates`);
    return whole;
  });
  if (next === text) continue;
  if (check) report(`docs/${name} differs from its source: run npm run docs`);
  else writeFileSync(file, next);
}
for (const part of Object.keys(PARTS)) if (!written.has(part)) report(`the part ${part} stands on no page`);
process.exitCode = problems > 0 ? 1 : 0;

function report(problem) {
  problems += 1;
  console.error(problem);
}
