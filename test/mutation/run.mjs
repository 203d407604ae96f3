// Removes each check of the choke point by itself and runs the tests that hold it: one of them has to fail each time. It is an error as well if
// a check no longer stands in its file as checks.ts says, or if a test fails while nothing is removed. Nothing on the disk is changed.
//
//   npm run mutation [-- [--tested] NAME...]
//
// --tested: the same tests have just passed with nothing removed, so they are not run for that once more.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { CHECKS, faults } from './checks.ts';

const root = join(import.meta.dirname, '../..');
const CHOKE_POINT = 'test/mutation/choke-point.test.ts';
const WHOLE = 'nothing removed';

const started = performance.now();
const { values: { tested }, positionals: names } = parseArgs({ allowPositionals: true, options: { tested: { type: 'boolean', default: false } } });
const checks = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
const problems = faults(root);
if (problems.length === 0) problems.push(...(await survivors()));
for (const problem of problems) console.error(problem);
console.log(`${checks.length} checks removed one by one, ${problems.length} problems, ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exit(problems.length === 0 && checks.length > 0 ? 0 : 1);

/** A project of Vitest for each check that is removed, and one for none unless that was tested. */
async function survivors() {
  const tests = [CHOKE_POINT, ...new Set(checks.flatMap(({ heldBy }) => heldBy ?? []))];
  const projects = [...(tested ? [] : [project(WHOLE, tests)]), ...checks.map((check) => project(check.name, [check.heldBy ?? CHOKE_POINT], check))];
  const vitest = await startVitest([], { config: false, watch: false, root, reporters: [{}], maxWorkers: availableParallelism() }, { test: { projects } });
  const noticed = new Set();
  const found = [];
  for (const module of vitest.state.getTestModules()) {
    const failed = [...module.children.allTests('failed')];
    if (failed.length > 0) noticed.add(module.project.name);
    if (module.project.name === WHOLE && !module.ok()) {
      found.push(`with nothing removed ${module.relativeModuleId} fails: ${failed.map(({ fullName }) => fullName).join(', ')}`);
    }
  }
  await vitest.close();
  const unnoticed = checks.filter(({ name }) => !noticed.has(name));
  return [...found, ...unnoticed.map(({ name, file, heldBy = CHOKE_POINT }) => `"${name}" can be removed from ${file}, and ${heldBy} does not notice`)];
}

function project(name, include, check) {
  const ofCheck = check ? { env: { TOKA_MUTANT: name }, setupFiles: [join(import.meta.dirname, 'until-noticed.ts')] } : {};
  // A mutant that hangs is noticed too.
  return { root, plugins: check ? [removing(check)] : [], test: { ...ofCheck, name, include, pool: 'forks', testTimeout: 30_000, deps: { interopDefault: false } } };
}

function removing({ name, file, code, without = '' }) {
  const isIt = (id) => id.split('?')[0] === join(root, file);
  return {
    name: `removing ${name}`,
    enforce: 'pre',
    // All projects share what is transformed, except for the one file that the plugin changes.
    api: { vitest: { ignoreFsModuleCache: true } },
    configureVitest: ({ defineCacheKeyGenerator }) => defineCacheKeyGenerator(({ id }) => (isIt(id) ? JSON.stringify([code, without]) : '')),
    transform: (text, id) => (isIt(id) ? text.replace(code, () => without) : undefined),
  };
}
