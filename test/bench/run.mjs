// The bench: ratios in one run, interleaved samples. It reports and asserts nothing; it fails only where something could not be measured.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { manyRows } from './many.mjs';
import { figure, ms, ratioRow, row } from './measure.mjs';
import { SHELL_RUN, startRows } from './start.mjs';
import { makeProject, makeWorld, node, peakOf, ROOT, toka, tokaPeak } from './world.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } });
const counts = options.quick
  ? { samples: 5, runs: 300, launches: 8, manySamples: 5, coldSamples: 1, tools: 1000 }
  : { samples: 31, runs: 3000, launches: 60, manySamples: 15, coldSamples: 3, tools: 10_000 };

const world = makeWorld();
try {
  const started = loadavg()[0];
  const warm = warmRows();
  const rows = [
    ...(await startRows(world, { samples: counts.samples, bare: warm.bare })),
    ...warm.rows,
    ...(await manyRows(world, { samples: counts.manySamples, coldSamples: counts.coldSamples, tools: counts.tools })),
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
  return Object.entries(peaks).map(([name, bytes]) => row('peak memory', name, bytes / 2 ** 20, 'MiB'));
}

function table(rows) {
  const cells = rows.map(({ group, name, value, unit, target, met, detail = '' }) => {
    const verdict = target === undefined ? '' : met ? 'met' : 'MISSED';
    return [group, name, `${figure(value)} ${unit}`, target === undefined ? '' : `≤ ${figure(target)} ${unit}`, verdict, detail];
  });
  const lines = [['GROUP', 'WHAT', 'MEDIAN', 'TARGET', '', 'MEASURED'], ...cells];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
