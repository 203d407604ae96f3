// Writes the static `toka` block into the package.json of each plugin from the tools that were built. `--check` only compares.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { check, root } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: join(import.meta.dirname, '..') } },
}).values;

const plugins = readdirSync(join(root, 'plugins')).filter((name) => name !== 'sdk');
if (plugins.length === 0) fail('no plugin in plugins/');
for (const name of plugins) await update(`plugins/${name}`);

async function update(folder) {
  const file = `${folder}/package.json`;
  const found = readFileSync(join(root, file), 'utf8');
  const description = JSON.parse(found);
  const tools = await Promise.all(sourcesOf(folder).map((name) => readTool(folder, name)));
  if (tools.length === 0) return fail(`${folder}/src has no tool`);
  const wanted = `${JSON.stringify({ ...description, toka: block(tools) }, undefined, 2)}\n`;
  if (found === wanted) return;
  if (check) return fail(`${file} differs from the tools in ${folder}/dist: run \`npm run build && npm run contributions\` and commit it`);
  writeFileSync(join(root, file), wanted);
  console.log(`wrote ${file}`);
}

/** Every file directly in src/ is a tool; what tools share stands in folders. */
function sourcesOf(folder) {
  return readdirSync(join(root, folder, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => basename(entry.name, '.ts'))
    .toSorted();
}

async function readTool(folder, name) {
  const entry = `./dist/${name}.cjs`;
  const file = join(root, folder, entry);
  if (!existsSync(file)) return fail(`${folder}/dist/${name}.cjs is missing: run \`npm run build\``);
  const { default: exported } = await import(pathToFileURL(file).href);
  const tool = exported?.default;
  if (typeof tool?.run !== 'function') return fail(`${folder}/src/${name}.ts has no default export made by defineTool`);
  if (tool.name !== name) return fail(`${folder}/src/${name}.ts defines ${tool.name}: a tool is named like its file`);
  return { entry, tool };
}

function block(tools) {
  const required = union(tools.map(({ tool }) => tool.capabilities.required));
  const optional = union(tools.map(({ tool }) => tool.capabilities.optional)).filter((capability) => !required.includes(capability));
  return {
    manifestVersion: 1,
    api: '^1.0',
    contributes: { tools: tools.map(describe) },
    capabilities: { required, optional },
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
