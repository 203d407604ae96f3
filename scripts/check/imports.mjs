// Reads the imports of TypeScript files with oxc's parser.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/**
 * @typedef {object} Import
 * @property {string} specifier As written.
 * @property {'value' | 'type' | 'dynamic'} kind `type` leaves no trace in the JavaScript.
 * @property {string} place `file:line:column`.
 * @property {string} [file] What a relative one names, relative to the root of the search; undefined for packages.
 */

/**
 * Reads all TypeScript files below a folder.
 *
 * @param {string} root Paths are relative to it, with forward slashes.
 * @param {string} folder Below the root.
 * @returns {Map<string, Import[]>} The imports of each file.
 */
export function readImports(root, folder) {
  const files = globSync(`${folder}/**/*.{ts,mts,cts,tsx}`, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted();
  const known = new Set(files);
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'), known)]));
}

function importsOf(file, source, known) {
  const { errors, program } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const imports = [];
  const add = (node, kind) => {
    const specifier = textOf(node);
    if (specifier === undefined) return;
    imports.push({ specifier, kind, place: `${file}:${position(source, node.start)}`, file: resolve(file, specifier, known) });
  };
  const addDeclaration = ({ source: node, importKind, exportKind }) => {
    if (node) add(node, importKind === 'type' || exportKind === 'type' ? 'type' : 'value');
  };
  new Visitor({
    ImportDeclaration: addDeclaration,
    ExportNamedDeclaration: addDeclaration,
    ExportAllDeclaration: addDeclaration,
    ImportExpression: ({ source: node }) => add(node, 'dynamic'),
    TSImportType: ({ source: node }) => add(node, 'type'),
  }).visit(program);
  return imports;
}

function textOf(node) {
  if (node.type === 'Literal') return node.value;
  return node.type === 'TemplateLiteral' && node.expressions.length === 0 ? node.quasis[0].value.cooked : undefined;
}

function position(source, offset) {
  const before = source.slice(0, offset).split('\n');
  return `${before.length}:${before.at(-1).length + 1}`;
}

function resolve(file, specifier, known) {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(dirname(file), specifier);
  const source = path.replace(/\.(c|m)?js$/, '.$1ts');
  return known.has(source) ? source : path;
}
