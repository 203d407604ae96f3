// Removes each check of the choke point by itself and runs the tests that hold it: one of them has to fail each time. It is an error as well if
// a check no longer stands in its file as checks.ts says, or if a test fails while nothing is removed. Nothing on the disk is changed.
//
//   npm run mutation [-- NAME...]
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { CHECKS, faults } from './checks.ts';

const root = join(import.meta.dirname, '../..');
const CHOKE_POINT = 'test/mutation/choke-point.test.ts';
const WHOLE = 'nothing removed';

const started = performance.now();
const names = process.argv.slice(2);
const checks = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
const problems = faults(root);
if (problems.length === 0) problems.push(...(await survivors()));
for (const problem of problems) console.error(problem);
console.log(`${checks.length} checks removed one by one, ${problems.length} problems, ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exit(problems.length === 0 && checks.length > 0 ? 0 : 1);

/** A project of Vitest for each check that is removed, and one for none. */
async function survivors() {
  const tests = [CHOKE_POINT, ...new Set(checks.flatMap(({ heldBy }) => heldBy ?? []))];
  const projects = [project(WHOLE, tests), ...checks.map((check) => project(check.name, [check.heldBy ?? CHOKE_POINT], check))];
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
  const env = check ? { TOKA_MUTANT: name } : {};
  // A mutant that hangs is noticed too.
  return { root, plugins: check ? [removing(check)] : [], test: { name, include, env, pool: 'forks', testTimeout: 30_000, deps: { interopDefault: false } } };
}

function removing({ name, file, code, without = '' }) {
  return {
    // Vitest takes plugins of one name for the same plugin, and what one project has transformed for that of all.
    name: `removing ${name}`,
    enforce: 'pre',
    transform: (text, id) => (id.split('?')[0] === join(root, file) ? text.replace(code, () => without) : undefined),
  };
}
