import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineRuntime, RUNTIME_FILES } from '@toka/sdk';

export default defineRuntime({
  id: 'wasm',
  summary: 'Run WebAssembly: command modules of WASI preview 1',
  languages: { wasm: ['.wasm'] },
  supports: { calls: false, requirements: false, binary: true },
  isolation: 'sandbox',
  probe: async () => ({ available: true, version: `Node.js ${process.versions.node}` }),
  program: async () => ({
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', `${RUNTIME_FILES}/driver.cjs`],
    files: { 'driver.cjs': readFileSync(join(import.meta.dirname, 'parts/driver.cjs'), 'utf8') },
    reads: [process.execPath],
  }),
});
