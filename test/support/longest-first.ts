import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');

/** The files that take longest, in processor time: one of them that begins last runs alone at the end, while the other processors wait. */
const LONGEST = [
  'test/docs/commands.test.ts',
  'plugins/javascript/test/escapes/escapes.test.ts',
  'test/ui/plugins/hostile.test.ts',
  'test/e2e/plugin-life.test.ts',
  'test/conformance/bundled.test.ts',
  'test/ui/plugin-kit/test.test.ts',
  'test/e2e/engine.test.ts',
  'test/ui/plugins/registry.test.ts',
  'test/docs/first-plugin.test.ts',
  'plugins/python/test/environment.test.ts',
  'test/ui/plugin-kit/generate.test.ts',
  'test/ui/plugins/install.test.ts',
  'test/ui/run-replay.test.ts',
  'plugins/lmdb/test/crash.test.ts',
  'plugins/postgres/test/crash.test.ts',
  'plugins/javascript/test/hostile.test.ts',
  'plugins/wasm/test/sandbox.test.ts',
  'test/e2e/resume/boundaries.test.ts',
  'test/ui/auth-tokens.test.ts',
  'test/pipeline/token-budgets.test.ts',
].map((file) => join(ROOT, file));

const gone = LONGEST.filter((file) => !existsSync(file));
if (gone.length > 0) throw new Error(`test/support/longest-first.ts names what is not there: ${gone.join(', ')}`);

/** Lets the longest files begin first; the order of the rest is Vitest's own, which in a fresh clone knows no times. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [longest, rest] = [true, false].map((isLong) => files.filter(({ moduleId }) => LONGEST.includes(moduleId) === isLong));
    // oxlint-disable-next-line unicorn/no-array-sort -- this one sorts no array in place
    return [...(longest ?? []).toSorted((a, b) => LONGEST.indexOf(a.moduleId) - LONGEST.indexOf(b.moduleId)), ...(await super.sort(rest ?? []))];
  }
}
