// Checks the imports of src/ and plugins/*/src/ against floors.yaml. `--root DIR` checks another tree by the same rules.
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { findCircles } from './circles.mjs';
import { readImports } from './imports.mjs';

const rules = parse(readFileSync(new URL('floors.yaml', import.meta.url), 'utf8'));
const height = new Map(rules.floors.flatMap((rooms, depth) => rooms.map((room) => [room, rules.floors.length - depth])));

const { root } = parseArgs({ options: { root: { type: 'string', default: join(import.meta.dirname, '../..') } } }).values;
const problems = [...checkHouse(), ...checkPlugins()];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function* checkHouse() {
  const files = readImports(root, 'src');
  if (files.size === 0) return yield 'nothing: no TypeScript file in src/';
  for (const [file, imports] of files) {
    const room = roomOf(file);
    if (!height.has(room)) yield `homeless: ${file} stands on no floor`;
    else for (const item of imports) yield* checkImport(room, item);
  }
  yield* printCircles(files);
  yield* checkHotPath(files);
}

/** The folder of src/ that a file stands in, or a file of src/ itself without its ending. */
function roomOf(file) {
  const room = file.split('/')[1].replace(/\.ts$/, '');
  return rules.partOf[room] ?? room;
}

function* checkImport(room, { specifier, file, place }) {
  if (file !== undefined && !file.startsWith('src/')) return yield `outside: ${place} imports ${specifier}, which is not in src/`;
  if (file === undefined && isOurs(specifier) && !isSdk(specifier)) return yield `stranger: ${place} imports ${specifier}; of our packages only @toka/sdk is known here`;
  const target = file === undefined ? (isSdk(specifier) ? 'sdk' : packageOf(specifier)) : roomOf(file);
  if (height.has(target) && target !== room) {
    if (height.get(target) > height.get(room)) yield `upward: ${place} (${room}) imports ${specifier} (${target})`;
    if (height.get(target) === height.get(room)) yield `sideways: ${place} (${room}) imports ${specifier} (${target})`;
  }
  const guests = rules.reserved[target];
  if (guests && target !== room && !guests.includes(room) && !rules.open.includes(file?.slice('src/'.length))) {
    yield `reserved: ${place} (${room}) imports ${specifier}, which only ${guests.join(', ')} may`;
  }
}

function* checkPlugins() {
  for (const name of readdirSync(join(root, 'plugins'))) {
    const folder = `plugins/${name}/src`;
    const files = readImports(root, folder);
    if (files.size === 0) yield `nothing: no TypeScript file in ${folder}`;
    for (const imports of files.values()) {
      for (const { specifier, file, place } of imports) {
        if (file !== undefined && !file.startsWith(`${folder}/`)) yield `outside: ${place} imports ${specifier}, which is not in ${folder}/`;
        else if (name === 'sdk' && file === undefined && !isBuiltin(specifier)) yield `stranger: ${place} imports ${specifier}; the SDK depends on nothing`;
        else if (isOurs(specifier) && !isSdk(specifier)) yield `stranger: ${place} imports ${specifier}; of our packages a plugin knows @toka/sdk alone`;
      }
    }
    yield* printCircles(files);
  }
}

function* printCircles(files) {
  const edges = new Map([...files].map(([file, imports]) => [file, imports.map((item) => item.file).filter((target) => files.has(target))]));
  for (const circle of findCircles(edges)) yield `circle: ${[...circle, circle[0]].join(' → ')}`;
}

function* checkHotPath(files) {
  const reached = rules.hotPath.from.map((file) => `src/${file}`);
  for (const file of reached) if (!files.has(file)) yield `nothing: the hot path starts in ${file}, which is missing`;
  for (let next = 0; next < reached.length; next++) {
    for (const { specifier, kind, place, file } of files.get(reached[next]) ?? []) {
      if (kind !== 'value') continue;
      if (file !== undefined) {
        if (!reached.includes(file)) reached.push(file);
      } else if (!specifier.startsWith('node:') && !rules.hotPath.packages.includes(packageOf(specifier))) {
        yield `hot: ${place} imports ${specifier} on the way from ${reached[0]}; import it where it is used`;
      }
    }
  }
}

function packageOf(specifier) {
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function isOurs(specifier) {
  return /^(@toka\/|toka$|toka\/)/.test(specifier);
}

function isSdk(specifier) {
  return packageOf(specifier) === '@toka/sdk';
}
