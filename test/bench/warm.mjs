// What a run costs in a process that lives on: started by run.mjs in a process and folders of its own, prints JSON.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { rateLimits } from '../../dist/capability/limits.js';
import { Principal } from '../../dist/capability/principal.js';
import { createIds, systemClock, systemRandom } from '../../dist/journal/ids.js';
import { openJournal } from '../../dist/journal/journal.js';
import { thisProcess } from '../../dist/journal/process.js';
import { openDatabase } from '../../dist/journal/sqlite/database.js';
import { execute } from '../../dist/pipeline/execute.js';
import { matchesPlainly } from '../../dist/registry/plain.js';
import { realPathOf } from '../../dist/runtime/tool-fs-locate.js';
import { createToka } from '../../dist/toka.js';
import { bareLaunch } from './bare.mjs';
import { interleaved, summary } from './measure.mjs';
import { SHELL_TOOL } from './start.mjs';

/** One limit and one budget, neither of which is ever used up. */
const COUNTING = {
  limits: rateLimits([{ rate: { kind: 'bucket', runs: 1_000_000, ms: 1 }, file: 'toka.yaml', line: 1 }]),
  budget: { calls: 1000, wall: 60_000, cpu: 60_000, bytes: 1_000_000 },
};

/** Runs before the compiler has settled. */
const WARMUP = 500;

const [folder, samples, launches] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const native = await nativeRuns();
console.log(JSON.stringify({ native, sandboxed: await sandboxedRuns() }));
process.exit(0);

/**
 * A bundled tool that does nothing, through the pipeline with everything real around it but the registry, which knows this tool only. The
 * appends of each run are timed within it, since one fsync varies by more than all the rest takes.
 */
async function nativeRuns() {
  const entry = join(folder, 'noop.cjs');
  writeFileSync(entry, 'exports.default = { run: async () => ({ ok: true }) };\n');
  const file = join(folder, 'state', 'journal.db');
  const db = openDatabase(file);
  const { synchronous } = db.prepare('PRAGMA synchronous').get();
  db.close();
  const journal = await openJournal(file, { clock: systemClock });
  const nextId = createIds(systemClock, systemRandom);
  let inAppends = 0;
  const timing =
    (method) =>
    async (...commit) => {
      const started = performance.now();
      const stored = await journal[method](...commit);
      inAppends += performance.now() - started;
      commits += 1;
      return stored;
    };
  const timed = { append: timing('append'), commit: timing('commit') };
  let commits = 0;
  const house = (effect, counting = { limits: [], budget: {} }) => {
    const tool = noop(entry, effect);
    return {
      findTool: async () => ({ tool, hash: '0'.repeat(64) }),
      mismatches: async (schema, value) => (matchesPlainly(schema, value) ? [] : [{ pointer: '', message: 'does not match' }]),
      policy: () => ({ grants: [], asks: [], denials: [] }),
      limits: () => counting.limits,
      budget: counting.budget,
      anchors: { root: folder, home: folder, realPath: realPathOf, isFolder: () => true },
      projectRoot: folder,
      journal: async () => timed,
      process: () => identity,
      clock: systemClock,
      nextId,
      env: process.env,
      demand: { require: 'watchdog' },
      version: '0.0.0',
      hidden: [],
    };
  };
  const identity = thisProcess();
  const request = { model: 'tool', principal: Principal.person('user:bench'), door: 'api', cwd: folder, params: {}, target: { kind: 'named', name: 'noop' } };
  const results = { synchronous };
  for (const effect of ['none', 'external']) {
    const own = house(effect);
    commits = 0;
    await run(own, request);
    const each = { commits, run: [], appends: [], beyond: [] };
    for (let sample = -WARMUP; sample < samples; sample++) {
      inAppends = 0;
      const started = performance.now();
      await run(own, request);
      const took = performance.now() - started;
      if (sample >= 0) for (const [name, value] of Object.entries({ run: took, appends: inAppends, beyond: took - inAppends })) each[name].push(value);
    }
    results[effect] = { commits: each.commits, run: summary(each.run), appends: summary(each.appends), beyond: summary(each.beyond) };
    const counted = house(effect, COUNTING);
    results[effect].counted = await interleaved({ with: () => run(counted, request), without: () => run(own, request) }, { samples, warmup: WARMUP });
  }
  await journal.close();
  return results;
}

async function run(house, request) {
  const { status, error } = await execute(house, request);
  if (status !== 'succeeded') throw new Error(JSON.stringify(error));
}

function noop(entry, effect) {
  return {
    name: 'noop',
    qualified: 'bench/noop',
    source: 'bench',
    origin: { kind: 'bundled', file: entry },
    version: '1.0.0',
    category: 'bench',
    description: 'Does nothing',
    tags: [],
    executable: { type: 'native', entry },
    params: { type: 'object', properties: {}, required: [], additionalProperties: false },
    output: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
    capabilities: { required: [], optional: [] },
    effect,
    level: 'restricted',
    risk: 'low',
    sandbox: {},
    examples: [],
  };
}

/** A shell tool that does nothing, whose sandbox waits, against bwrap with the same mounts. */
async function sandboxedRuns() {
  const toka = await createToka({ cwd: folder, warmProcesses: 2 });
  const request = { ...toka.request({ name: SHELL_TOOL }, {}), allow: ['proc:exec:sh'] };
  const { plan } = await toka.prepare(request);
  const launch = async () => {
    const { status, error } = await toka.run(request);
    if (status !== 'succeeded') throw new Error(JSON.stringify(error));
  };
  // The pause lets the sandbox that was used be made up for, as between the calls of an agent.
  const measured = await interleaved({ run: launch, bare: () => bareLaunch(plan) }, { samples: launches, warmup: 3, pauseMs: 60 });
  await toka.close();
  return measured;
}
