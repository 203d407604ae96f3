// Makes plugins/sdk/dist, which is published, of what tsc has compiled: one file of code for each entry, and declarations that keep the first sentence of
// each comment. An SDK that every plugin installs shall be small; docs/sdk.md has the whole text.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const sdk = fileURLToPath(new URL('../plugins/sdk', import.meta.url));

/** What its package.json exports. */
const entries = Object.values(JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')).exports).flatMap(({ default: file }) => (file ? [/^\.\/dist\/(.*)\.js$/.exec(file)[1]] : []));

/** Whoever writes an analyser, an engine, a storage backend, a provider or a runtime finds their members in docs/sdk.md: they would take a fifth of the whole. */
const FEW = ['analyser.d.ts', 'engine.d.ts', 'provider.d.ts', 'runtime.d.ts', 'storage.d.ts'];

export async function packSdk() {
  const [compiled, dist] = [join(sdk, 'build'), join(sdk, 'dist')];
  const declarations = new Set();
  for (const entry of entries) collect(compiled, entry, declarations);
  const wanted = new Map([...declarations].map((name) => [name, shortened(name, readFileSync(join(compiled, name), 'utf8'))]));
  for (const [name, code] of await bundles()) wanted.set(name, code);
  for (const name of existing(dist)) if (!wanted.has(name)) rmSync(join(dist, name));
  for (const [name, text] of wanted) write(join(dist, name), text);
}

/** A declaration, and those that it imports. */
function collect(folder, module, found) {
  const name = `${module}.d.ts`;
  if (found.has(name)) return;
  found.add(name);
  for (const [, path] of readFileSync(join(folder, name), 'utf8').matchAll(/from '(\.[^']+)\.[jt]s'/g)) collect(folder, join(dirname(module), path), found);
}

async function bundles() {
  const { outputFiles } = await build({
    bundle: true,
    entryPoints: Object.fromEntries(entries.map((entry) => [entry, join(sdk, `src/${entry}.ts`)])),
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    minify: true,
    outdir: sdk,
    platform: 'node',
    target: 'node24',
    write: false,
  });
  return outputFiles.map(({ path, text }) => [path.slice(sdk.length + 1), text]);
}

/** Each comment by its first sentence, and where few write such a thing those of its members not at all. */
function shortened(name, text) {
  const kept = FEW.includes(name) ? text.replaceAll(/^ +\/\*\*[^]*?\*\/\n/gm, '') : text;
  return kept.replaceAll(/\/\*\*([^]*?)\*\//g, (_, comment) => {
    const plain = comment.replaceAll(/\n\s*\* ?/g, ' ').trim().split(/ ?@(?:param|returns|throws|example)\b/)[0];
    const sentence = /^[^]{20,}?[.:](?= |$)/.exec(plain)?.[0] ?? plain;
    return `/** ${sentence.replace(/:$/, '.')} */`;
  });
}

function existing(folder) {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Whoever compiles against it compiles anew when it is written. */
function write(file, text) {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // A new one.
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
