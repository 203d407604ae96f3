import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** What a plugin of a test is like; what is left out is harmless. */
export interface PluginSpec {
  readonly name?: string;
  readonly version?: string;
  readonly api?: string;
  readonly capabilities?: { readonly required?: readonly string[]; readonly optional?: readonly string[] };
  /** The body of its tool `forecast`. */
  readonly body?: string;
  /** Further tools by name. */
  readonly tools?: readonly string[];
  /** Other contributions, as the manifest has them. */
  readonly contributes?: Readonly<Record<string, readonly object[]>>;
  /** Its commands by id; of each the source of its module. */
  readonly commands?: Readonly<Record<string, string>>;
  /** Members of package.json. */
  readonly packageJson?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
}

const PARAMS = { type: 'object', properties: { place: { type: 'string', description: 'Where', 'x-position': 1 } }, required: ['place'], additionalProperties: false };

/** What is in the package of a plugin, by path. */
export function pluginFiles({ name = 'toka-plugin-weather', version = '1.0.0', api = '^1.0', capabilities = {}, body = `return { place, sky: 'clear' };`, ...spec }: PluginSpec = {}): Record<string, string> {
  const { tools = ['forecast'], contributes = {}, commands = {}, packageJson = {}, files = {} } = spec;
  const ids = Object.keys(commands);
  const entries = tools.map((id) => ({
    id,
    entry: `./dist/${id}.js`,
    summary: `The tool ${id}`,
    category: 'weather',
    params: PARAMS,
    output: { type: 'object' },
    capabilities: { required: [], ...capabilities },
    effect: 'none',
  }));
  const oclif = ids.length === 0 ? {} : { oclif: { commands: './dist/commands' } };
  const manifest = {
    name,
    version,
    description: 'Tells the weather',
    keywords: ['toka-plugin'],
    type: 'module',
    dependencies: { '@toka/sdk': '^1.0.0' },
    ...oclif,
    toka: { manifestVersion: 1, api, contributes: { tools: entries, ...contributes } },
    ...packageJson,
  };
  return {
    'package.json': JSON.stringify(manifest, undefined, 2),
    ...Object.fromEntries(tools.map((id) => [`dist/${id}.js`, toolModule(id, body)])),
    ...(ids.length === 0 ? {} : { 'oclif.manifest.json': commandManifest(version, ids) }),
    ...Object.fromEntries(Object.entries(commands).map(([id, source]) => [`dist/commands/${id.replaceAll(':', '/')}.js`, source])),
    ...files,
  };
}

function toolModule(name: string, body: string): string {
  return `import { defineTool } from '@toka/sdk';
export default defineTool({
  name: '${name}', summary: 'The tool ${name}', category: 'weather', params: ${JSON.stringify(PARAMS)}, output: { type: 'object' },
  capabilities: { required: [] }, effect: 'none',
  async run({ place }, ctx) { ${body} },
});
`;
}

function commandManifest(version: string, ids: readonly string[]): string {
  const command = (id: string) => ({
    aliases: [], args: {}, flags: {}, hasDynamicHelp: false, hiddenAliases: [], id, pluginAlias: '', pluginName: '', pluginType: 'core', strict: true,
    summary: `The command ${id}`, enableJsonFlag: false, isESM: true, relativePath: ['dist', 'commands', `${id.replaceAll(':', '/')}.js`],
  });
  return JSON.stringify({ version, commands: Object.fromEntries(ids.map((id) => [id, command(id)])) });
}

/** A command that prints a text; it needs no package, since oclif asks for no more than a class with `run`. */
export function commandModule(text: string, before = ''): string {
  return `${before}\nexport default class Say { static args = {}; static flags = {}; static async run() { console.log(${JSON.stringify(text)}); } }\n`;
}

/** Writes a plugin into a folder. */
export function writePlugin(folder: string, spec: PluginSpec = {}): string {
  for (const [name, content] of Object.entries(pluginFiles(spec))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Packs a plugin as `npm pack` would, which takes thirty times as long, and returns its tarball. */
export function packPlugin(folder: string, spec: PluginSpec = {}): string {
  writePlugin(folder, spec);
  const { name = 'toka-plugin-weather', version = '1.0.0' } = spec;
  const file = join(folder, 'packed', `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}.tgz`);
  mkdirSync(dirname(file), { recursive: true });
  create({ cwd: folder, file, gzip: true, portable: true, prefix: 'package', sync: true }, Object.keys(pluginFiles(spec)));
  return file;
}
