import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { table } from './table.mjs';

const root = join(import.meta.dirname, '../..');
const read = (file) => readFileSync(join(root, file), 'utf8');

/** The floors, from top to bottom, as the check reads them. */
export function floorList() {
  const { floors } = parse(read('scripts/check/floors.yaml'));
  return `\`\`\`text\n${floors.map((rooms) => rooms.join(', ')).join('\n')}\n\`\`\`\n`;
}

/** The stages in the order of their array, each with the sentence above its function. */
export function stageTable() {
  const text = read('src/pipeline/execute.ts');
  const files = new Map([...text.matchAll(/import \{ (?:\w+ as )?(\w+) \} from '(\.\/stages\/[\w-]+\.ts)'/g)].map(([, name, file]) => [name, file]));
  const list = (name) => new RegExp(`const ${name}: readonly Stage\\[\\] = \\[(.*)\\]`).exec(text)[1].split(', ');
  const stages = list('STAGES').flatMap((name) => (name.startsWith('...') ? list(name.slice(3)) : [name]));
  return table(['Stage', 'What it does'], stages.map((name) => [`\`${stageName(files.get(name))}\``, sentence(name, files.get(name))]));
}

function stageName(file) {
  return file.replace('./stages/', '').replace('.ts', '');
}

function sentence(stage, file) {
  const found = /\/\*\* ((?:(?!\*\/)[^])*) \*\/\nexport (?:async )?function/.exec(read(`src/pipeline/${file.slice(2)}`));
  if (!found) throw new Error(`no sentence stands above the function of the stage ${stage} in ${file}`);
  return found[1];
}

/** A file of examples/ as it stands. */
export function exampleFile(name, language) {
  return `\`\`\`${language}\n${read(`examples/${name}`)}\`\`\`\n`;
}
