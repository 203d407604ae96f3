// Writes what isolates of JavaScript are made of: one that was made here (see plugins/javascript/src/thread/image.ts).
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @param common Options of the bundler. */
export async function writeIsolateImage(root, common) {
  const parts = join(root, 'plugins', 'javascript', 'dist', 'parts');
  const maker = join(parts, 'make-image.cjs');
  await build({ ...common, entryPoints: [join(root, 'plugins/javascript/src/thread/make-image.ts')], outfile: maker });
  const { makeImage } = createRequire(import.meta.url)(maker);
  rmSync(maker);
  const module = await WebAssembly.compile(readFileSync(join(parts, 'quickjs.wasm')));
  const { pages, ...facts } = await makeImage(module, readFileSync(join(parts, 'guest.cjs'), 'utf8'));
  rmSync(join(parts, 'guest.cjs'));
  writeFileSync(join(parts, 'isolate.bin'), pages);
  writeFileSync(join(parts, 'isolate.json'), JSON.stringify(facts, (_key, value) => (typeof value === 'bigint' ? String(value) : value)));
}
