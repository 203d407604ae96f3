import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interleaved, ratioRow } from './measure.mjs';
import { makeProject, node, toka } from './world.mjs';

const TOOLS = 4;

/** What installed plugins cost those who do not use them just now. */
export async function pluginRows(world, { samples, plugins }) {
  const group = `${plugins} plugins`;
  const cwd = makeProject(world, 'plugins', 10);
  const env = { ...world.env, XDG_DATA_HOME: join(world.folder, 'data-of-plugins') };
  for (let number = 0; number < plugins; number++) toka(world, ['plugins', 'install', makePlugin(world, number), '--yes'], { cwd, env });
  const without = makeProject(world, 'no-plugins', 10);
  const measured = await interleaved(
    {
      node: () => void node(world, ['-e', '0'], { cwd }),
      list: () => void toka(world, ['tools', 'list'], { cwd, env }),
      run: () => void toka(world, ['run', 'file-reader', 'note.txt'], { cwd, env }),
      runWithout: () => void toka(world, ['run', 'file-reader', 'note.txt'], { cwd: without }),
      show: () => void toka(world, ['tools', 'show', 'file-reader'], { cwd, env }),
      own: () => void toka(world, ['run', 'plugin-0-tool-0'], { cwd, env }),
    },
    { samples, warmup: 2 },
  );
  return [
    ratioRow(group, `tools list, ${plugins * TOOLS} tools of theirs`, measured.list, measured.node, 1.3),
    ratioRow(group, 'run of a bundled native tool', measured.run, measured.runWithout, 1.05, 'against none'),
    ratioRow(group, 'tools show', measured.show, measured.node, 3.3),
    ratioRow(group, 'run of a tool of theirs', measured.own, measured.node),
  ];
}

function makePlugin(world, number) {
  const folder = join(world.folder, 'plugins-to-install', String(number));
  mkdirSync(join(folder, 'dist', 'commands'), { recursive: true });
  const version = '1.0.0';
  const params = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const tools = Array.from({ length: TOOLS }, (_, at) => ({
    id: `plugin-${number}-tool-${at}`,
    entry: './dist/tool.js',
    summary: `Does nothing, as tool ${at} of plugin ${number}`,
    category: 'bench',
    params,
    output: { type: 'object' },
    capabilities: {},
    effect: 'none',
  }));
  const command = { id: `bench-${number}`, aliases: [], args: {}, flags: {}, hiddenAliases: [], summary: 'Does nothing', relativePath: ['dist', 'commands', `bench-${number}.js`] };
  const files = {
    'package.json': { name: `toka-plugin-bench-${number}`, version, type: 'module', oclif: { commands: './dist/commands' }, toka: { manifestVersion: 1, api: '^1.0', contributes: { tools } } },
    'oclif.manifest.json': { version, commands: { [command.id]: command } },
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  writeFileSync(join(folder, 'dist', 'tool.js'), 'export default { run: async () => ({}) };\n');
  writeFileSync(join(folder, 'dist', 'commands', `${command.id}.js`), 'export default class { static async run() {} }\n');
  return folder;
}
