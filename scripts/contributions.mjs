// Writes the static `toka` block into the package.json of each plugin from the tools, runtimes, storage backends and analysers that were built. `--check` only compares.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { check, root } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: join(import.meta.dirname, '..') } },
}).values;

/** What a plugin can add, told apart by what each must have. */
const KINDS = [
  { kind: 'runtime', is: ({ languages }) => languages !== undefined },
  { kind: 'tool', is: ({ run }) => typeof run === 'function' },
  { kind: 'storage', is: ({ open }) => typeof open === 'function' },
  { kind: 'analyser', is: ({ start }) => typeof start === 'function' },
];

const plugins = readdirSync(join(root, 'plugins')).filter((name) => name !== 'sdk');
if (plugins.length === 0) fail('no plugin in plugins/');
for (const name of plugins) await update(`plugins/${name}`);

async function update(folder) {
  const file = `${folder}/package.json`;
  const found = readFileSync(join(root, file), 'utf8');
  const description = JSON.parse(found);
  const parts = await Promise.all(sourcesOf(folder).map((name) => readPart(folder, name)));
  if (parts.length === 0) return fail(`${folder}/src has no tool, no runtime, no storage backend and no analyser`);
  const wanted = `${JSON.stringify({ ...description, toka: block(parts) }, undefined, 2)}\n`;
  if (found === wanted) return;
  if (check) return fail(`${file} differs from what is in ${folder}/dist: run \`npm run build && npm run contributions\` and commit it`);
  writeFileSync(join(root, file), wanted);
  console.log(`wrote ${file}`);
}

/** Every file directly in src/ is a tool, a runtime, a storage backend or an analyser; what they share stands in folders. */
function sourcesOf(folder) {
  return readdirSync(join(root, folder, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => basename(entry.name, '.ts'))
    .toSorted();
}

async function readPart(folder, name) {
  const entry = `./dist/${name}.cjs`;
  const file = join(root, folder, entry);
  if (!existsSync(file)) return fail(`${folder}/dist/${name}.cjs is missing: run \`npm run build\``);
  const { default: exported } = await import(pathToFileURL(file).href);
  const part = exported?.default;
  const kind = part && KINDS.find(({ is }) => is(part))?.kind;
  if (kind === undefined) return fail(`${folder}/src/${name}.ts has no default export made by defineTool, defineRuntime, defineStorage or defineAnalyser`);
  const called = kind === 'tool' ? part.name : part.id;
  if (called !== name) return fail(`${folder}/src/${name}.ts defines ${called}: what a plugin adds is named like its file`);
  return { entry, [kind]: part };
}

function block(parts) {
  const tools = parts.filter(({ tool }) => tool);
  const storage = parts.filter((part) => part.storage);
  const analysers = parts.filter(({ analyser }) => analyser);
  const runtimes = parts.filter(({ runtime }) => runtime);
  const required = union(tools.map(({ tool }) => tool.capabilities.required));
  const optional = union(tools.map(({ tool }) => tool.capabilities.optional)).filter((capability) => !required.includes(capability));
  return {
    manifestVersion: 1,
    api: '^1.0',
    contributes: {
      ...(tools.length > 0 && { tools: tools.map(describe) }),
      ...(runtimes.length > 0 && {
        runtimes: runtimes.map(({ entry, runtime: { id, summary, languages, isolation, supports } }) => ({ id, entry, summary, languages, isolation, supports })),
      }),
      ...(storage.length > 0 && { storage: storage.map(({ entry, storage: { id, summary, supports } }) => ({ id, entry, summary, supports })) }),
      ...(analysers.length > 0 && { analysers: analysers.map(({ entry, analyser: { id, summary, options } }) => ({ id, entry, summary, options })) }),
    },
    ...(tools.length > 0 && { capabilities: { required, optional } }),
  };
}

function describe({ entry, tool }) {
  const { name, summary, category, tags = [], params, output, capabilities, effect, level, examples = [] } = tool;
  const { required = [], optional = [] } = capabilities;
  return {
    id: name,
    entry,
    summary,
    category,
    tags: tags.toSorted(),
    params,
    output,
    capabilities: { required: required.toSorted(), optional: optional.toSorted() },
    effect,
    ...(level !== undefined && { level }),
    examples,
  };
}

function union(lists) {
  return [...new Set(lists.flatMap((list) => list ?? []))].toSorted();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
