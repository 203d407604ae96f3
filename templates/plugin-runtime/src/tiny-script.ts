import { defineRuntime } from '@toka/sdk';
import { DRIVER } from './lib/driver.ts';

export default defineRuntime({
  id: 'tiny-script',
  summary: 'Run scripts of sums, texts and calls of tools',
  languages: { 'tiny-script': ['.tiny'] },
  supports: { calls: true, requirements: false },
  isolation: 'sandbox',
  // The interpreter is a program in toka's sandbox: put another one here, with a driver that speaks the same protocol.
  program: async () => ({ argv: [process.execPath, '/dev/toka/driver.mjs'], files: { 'driver.mjs': DRIVER }, reads: [process.execPath] }),
});
