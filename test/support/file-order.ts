import { hash } from 'node:crypto';
import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');

/** What starts, what runs, what keeps: what an older Node.js could break. They come first. */
const FIRST = filesOf([
  'test/bin/*.test.ts',
  'test/compiled-code*.test.ts',
  'test/conformance/storage.test.ts',
  'test/pipeline/{code,execute}*.test.ts',
  'test/runtime/**/*.test.ts',
  'test/sandbox/launch*.test.ts',
  'test/journal/sqlite*.test.ts',
  'plugins/javascript/test/code.test.ts',
]);

/**
 * The files that take longest, in processor time. They come last and share the processors until the end; one alone that began last would run while
 * the others wait.
 */
const LONGEST = filesOf([
  'test/docs/commands.test.ts',
  'test/ui/plugins/hostile.test.ts',
  'plugins/javascript/test/escapes/escapes.test.ts',
  'test/e2e/engine.test.ts',
  'test/ui/plugin-kit/test.test.ts',
  'test/ui/plugins/registry.test.ts',
  'test/e2e/plugin-life.test.ts',
  'test/conformance/bundled.test.ts',
  'test/ui/plugins/install.test.ts',
  'plugins/python/test/environment.test.ts',
  'test/docs/first-plugin.test.ts',
  'test/ui/plugin-kit/generate.test.ts',
]);

function filesOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    const files = globSync(pattern, { cwd: ROOT }).toSorted();
    if (files.length === 0) throw new Error(`test/support/file-order.ts names what is not there: ${pattern}`);
    return files.map((file) => join(ROOT, file));
  });
}

/** Where a machine is too slow for all files, CI leaves out the last ones: each commit has an order of its own, so that these are not always the same. */
export class FileOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const among = (list: readonly string[]): TestSpecification[] =>
      files.filter(({ moduleId }) => list.includes(moduleId)).toSorted((a, b) => list.indexOf(a.moduleId) - list.indexOf(b.moduleId));
    const rest = files.filter(({ moduleId }) => !FIRST.includes(moduleId) && !LONGEST.includes(moduleId));
    const seed = process.env['TOKA_TEST_SEED'] ?? '';
    const place = ({ moduleId }: TestSpecification): string => hash('sha1', `${seed} ${relative(ROOT, moduleId)}`);
    return Promise.resolve([...among(FIRST), ...rest.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)), ...among(LONGEST)]);
  }
}
