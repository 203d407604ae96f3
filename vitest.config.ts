import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { FileOrder } from './test/support/file-order.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'plugins/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/bench/**'],
    // A process for each file: tests kill processes, change signals and open journals.
    pool: 'forks',
    globalSetup: ['test/support/prepared.ts'],
    // Tests mostly wait for the processes that they start, and these for disks and sandboxes.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: FileOrder },
    // Generous, since nothing is asserted by time: only what hangs should meet them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: false,
    // CommonJS packages look as they do to Node.js itself.
    deps: { interopDefault: false },
  },
});
