import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The files that take longest, in processor time. They come last and share the processors until the end; one alone that began last would run while
 * the others wait. Where a machine is too slow for all of them, CI leaves the last of these out, and says so.
 */
export const LONGEST = [
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
].map((file) => join(ROOT, file));

const gone = LONGEST.filter((file) => !existsSync(file));
if (gone.length > 0) throw new Error(`test/support/longest-last.ts names what is not there: ${gone.join(', ')}`);

/** The order of all others is Vitest's own, which in a fresh clone knows no times. */
export class LongestLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [longest, rest] = [true, false].map((isLong) => files.filter(({ moduleId }) => LONGEST.includes(moduleId) === isLong));
    // oxlint-disable-next-line unicorn/no-array-sort -- this one sorts no array in place
    return [...(await super.sort(rest ?? [])), ...(longest ?? []).toSorted((a, b) => LONGEST.indexOf(a.moduleId) - LONGEST.indexOf(b.moduleId))];
  }
}
