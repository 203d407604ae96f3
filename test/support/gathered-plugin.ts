import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './cli.ts';
import { type GeneratedPlugin, type Kind, type Manifest, pluginIn } from './generated-plugin.ts';

/** Adds tools to a built plugin: each is one that it has, by another name, with its module changed. */
export function severalTools(plugin: GeneratedPlugin, made: string, modules: Readonly<Record<string, (text: string) => string>>): void {
  const text = plugin.read(`dist/${made}.js`);
  for (const [id, change] of Object.entries(modules)) plugin.write(`dist/${id}.js`, change(text.replace(`name: '${made}'`, `name: '${id}'`)));
  plugin.change(({ toka }) => {
    const tools = toka.contributes['tools'] ?? [];
    const first = tools.find(({ id }) => id === made);
    if (first) tools.push(...Object.keys(modules).map((id) => ({ ...first, id, entry: `./dist/${id}.js` })));
  });
}

/** One plugin that contributes what several built ones do, each of which has a folder in its `dist` and in its `test`. */
export function gathered(here: Place, folder: string, parts: readonly { readonly kind: Kind; readonly folder: string }[]): GeneratedPlugin {
  mkdirSync(folder);
  const manifests = parts.map(({ kind, folder: part }) => {
    cpSync(join(part, 'dist'), join(folder, 'dist', kind), { recursive: true });
    cpSync(join(part, 'test'), join(folder, 'test', kind), { recursive: true });
    return JSON.parse(pluginIn(here, part).read('package.json').replaceAll('"./dist/', `"./dist/${kind}/`)) as Manifest;
  });
  const contributes = Object.assign({}, ...manifests.map(({ toka }) => toka.contributes)) as Manifest['toka']['contributes'];
  const [first] = manifests;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...first, name: 'toka-plugin-gathered', toka: { ...first?.toka, contributes } }));
  const placed = parts.map(({ kind }) => kind).filter((kind) => kind !== 'analyser');
  const imports = placed.map((kind) => `import ${kind} from './${kind}/places.ts';\n`).join('');
  writeFileSync(join(folder, 'test/places.ts'), `${imports}export default { ${placed.map((kind) => `...${kind}`).join(', ')} };\n`);
  return pluginIn(here, folder);
}
