import { defineRuntime } from '@toka/sdk';
import { prepareThread } from './lib/pool.ts';
import { close, run } from './lib/run.ts';

export default defineRuntime({
  id: 'javascript',
  summary: 'Run JavaScript and TypeScript in an interpreter that has no access to the machine',
  languages: { js: ['.js', '.mjs', '.cjs'], ts: ['.ts', '.mts', '.cts'] },
  supports: { calls: true, requirements: false },
  isolation: 'isolate',
  prepare: prepareThread,
  run,
  close,
});
