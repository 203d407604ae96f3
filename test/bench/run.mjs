// The bench: ratios in one run, interleaved samples. It reports and asserts nothing; it fails only where something could not be measured.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agentRows } from './agents.mjs';
import { codeRows } from './code.mjs';
import { pythonRows } from './code-python.mjs';
import { findRows } from './find.mjs';
import { journalRows } from './journal.mjs';
import { lockedRows } from './locked.mjs';
import { manyRows } from './many.mjs';
import { figure, least, ms, ratioRow, row } from './measure.mjs';
import { pluginRows } from './plugins.mjs';
import { replRows } from './repl.mjs';
import { SHELL_RUN, startRows } from './start.mjs';
import { tokenRows } from './tokens.mjs';
import { makeProject, makeWorld, node, peakOf, ROOT, toka, tokaPeak } from './world.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } });
const counts = options.quick
  ? { samples: 3, runs: 200, appends: 300, audited: 5000, launches: 5, transfers: 1, manySamples: 3, coldSamples: 1, tools: 500, plugins: 3 }
  : { samples: 31, runs: 3000, appends: 3000, audited: 25_000, launches: 60, transfers: 15, manySamples: 15, coldSamples: 3, tools: 10_000, plugins: 50 };

const journalCounts = options.quick
  ? { batch: 10, warmup: 5, samples: 5, rounds: 1, appends: 25, events: 5000, read: 1000, reads: 3, opens: 3, replayed: 20_000 }
  : { batch: 200, warmup: 8, samples: 15, rounds: 5, appends: 300, events: 1_000_000, read: 100_000, reads: 9, opens: 21, replayed: 300_000 };

const TRANSFER_MIB = 512;

const world = makeWorld();
try {
  const started = loadavg()[0];
  const warm = warmRows();
  const rows = [
    ...(await startRows(world, { samples: counts.samples, bare: warm.bare })),
    ...warm.rows,
    ...aheadRows(),
    ...networkRows(),
    ...(await pythonRows(world, { samples: counts.manySamples })),
    ...(await tokenRows(world.folder, { samples: counts.runs })),
    ...(await manyRows(world, { samples: counts.manySamples, coldSamples: counts.coldSamples, tools: counts.tools })),
    ...(await pluginRows(world, { samples: counts.samples, plugins: counts.plugins })),
    ...(await lockedRows(world, { samples: counts.manySamples, tools: 1000 })),
    ...auditRows(),
    ...codeRows(world, { coldSamples: counts.manySamples, samples: counts.runs / 10 }),
    ...(await findRows(world, { meaning: !options.quick })),
    ...replRows(world, { samples: counts.manySamples }),
    ...(await journalRows(world, journalCounts)),
    ...(await agentRows(world, { samples: counts.manySamples })),
    ...memoryRows(),
  ];
  const machine = `Node ${process.versions.node}, ${process.platform} ${release()}, ${cpus().length} cores, load ${figure(started)}`;
  console.log(`${machine}\n\n${table(rows)}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ schema: 'toka/bench/v1', machine, counts, rows }, undefined, 2)}\n`);
} finally {
  world.remove();
}

function warmRows() {
  const cwd = makeProject(world, 'warm', 1);
  const script = join(ROOT, 'test', 'bench', 'warm.mjs');
  const { native, sandboxed } = JSON.parse(node(world, [script, cwd, String(counts.runs), String(counts.launches)], { cwd }));
  const nativeRows = ['none', 'external'].map((effect) => {
    const { commits, run, appends, beyond } = native[effect];
    const detail = `run ${ms(run)}, its ${commits} commit${commits === 1 ? '' : 's'} ${ms(appends)}; PRAGMA synchronous = ${native.synchronous}`;
    return row('warm', `native no-op, effect ${effect}: beyond its appends`, beyond.median * 1000, 'µs', 150, detail);
  });
  const counted = ['none', 'external'].map((effect) => {
    const { with: limited, without } = native[effect].counted;
    return ratioRow('warm', `native no-op, effect ${effect}: with a limit and a budget, against without`, limited, without);
  });
  const launch = ratioRow('warm', 'sandboxed no-op with a slot, against bare bwrap', sandboxed.run, sandboxed.bare, 1.15);
  return { rows: [...nativeRows, ...counted, launch], bare: sandboxed.bare };
}

/** A call of an agent's, after which the next process has had time to start. */
function aheadRows() {
  const script = join(ROOT, 'test', 'bench', 'ahead.mjs');
  const { cold, warm } = JSON.parse(node(world, [script, join(world.folder, 'ahead'), String(counts.launches)]));
  const detail = `${ms(warm)} against ${ms(cold)} where no process waits`;
  return [row('warm', 'native tool in a process of its own, the second call', warm.median, 'ms', 10, detail)];
}

/** For information: no target. A transfer starts a sandbox, which a direct one does not. */
function networkRows() {
  const script = join(ROOT, 'test', 'bench', 'network.mjs');
  const { launches, throughput } = JSON.parse(node(world, [script, String(counts.launches), String(counts.transfers), String(TRANSFER_MIB)], { cwd: world.folder }));
  return [
    ratioRow('network', 'launch with network, against one without', launches.networked, launches.plain),
    ...(throughput ? [ratioRow('network', `curl of ${TRANSFER_MIB} MiB in a sandbox (a tunnel), against the loopback`, throughput.proxied, throughput.direct)] : []),
  ];
}

function auditRows() {
  const script = join(ROOT, 'test', 'bench', 'audit.mjs');
  const folder = join(world.folder, 'audit');
  const { append, verify, hashes } = JSON.parse(node(world, [script, folder, String(counts.appends), String(counts.audited)]));
  const rate = (took) => verify.events / (took.median / 1000);
  const detail = `${verify.events} events: processor ${ms(verify.processor)}, on the clock ${ms(verify.wall)}`;
  const hashing = `a node takes ${figure(hashes.noble)} µs in JavaScript, ${figure(hashes.crypto)} µs in node:crypto`;
  return [
    ratioRow('audit', 'append with the log, against without', append.logged, append.plain, 1.1, hashing),
    least('audit', 'audit verify on one core', rate(verify.processor) / 1000, 'thousand events/s', 200, detail),
  ];
}

/** For information: no target. */
function memoryRows() {
  const cwd = join(world.folder, 'start');
  // manyRows has removed every index.
  toka(world, ['tools', 'list'], { cwd });
  const peaks = {
    'node -e 0': peakOf(world, ['-e', '0'], { cwd }),
    'toka --version': tokaPeak(world, ['--version'], { cwd }),
    'toka tools list': tokaPeak(world, ['tools', 'list'], { cwd }),
    'toka run, native': tokaPeak(world, ['run', 'file-reader', 'note.txt'], { cwd }),
    'toka run, shell': tokaPeak(world, SHELL_RUN, { cwd }),
    'toka tools show': tokaPeak(world, ['tools', 'show', 'file-reader'], { cwd }),
  };
  return Object.entries(peaks).flatMap(([name, mib]) => (mib === undefined ? [] : [row('peak memory', name, mib, 'MiB')]));
}

function table(rows) {
  const cells = rows.map(({ group, name, value, unit, target, met, atLeast, detail = '' }) => {
    const verdict = target === undefined ? '' : met ? 'met' : 'MISSED';
    return [group, name, `${figure(value)} ${unit}`, target === undefined ? '' : `${atLeast ? '≥' : '≤'} ${figure(target)} ${unit}`, verdict, detail];
  });
  const lines = [['GROUP', 'WHAT', 'MEDIAN', 'TARGET', '', 'MEASURED'], ...cells];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
