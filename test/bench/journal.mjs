// What the storage backends and the journal take, against their drivers alone and a file with fdatasync: ratios of what was measured in turn.
import { join } from 'node:path';
import { Cluster, programs } from '../../plugins/postgres/test/support/cluster.ts';
import { least, ms, row } from './measure.mjs';
import { node } from './world.mjs';

const GROUP = 'journal';
/** V8 lets what is young take more and more, up to 48 MiB, whoever reads: that is no memory of the stream. */
const FEW_YOUNG = ['--max-semi-space-size=2'];
const SCRIPT = join(import.meta.dirname, 'journal-work.mjs');

/** The rows of each backend that there is. */
export async function journalRows(world, counts) {
  const rows = replayRows(world, counts);
  for (const id of ['sqlite', 'lmdb']) rows.push(...backendRows(world, id, join(world.folder, 'journal'), counts));
  if (programs === undefined) return rows;
  const cluster = await Cluster.make();
  try {
    return [...rows, ...backendRows(world, 'postgres', cluster.folder, counts)];
  } finally {
    await cluster.remove();
  }
}

function backendRows(world, id, folder, counts) {
  const work = (what, more = {}, flags = []) => JSON.parse(node(world, [...flags, SCRIPT, what, id, folder, JSON.stringify({ ...counts, ...more })]));
  const appended = work('append');
  const { one, eight } = work('together');
  const { reading, opening } = work('many');
  const [some, all] = [counts.events / 10, counts.events].map((until) => work('stream', { until }, FEW_YOUNG));
  const each = eight.map((rate, round) => rate / one[round]).toSorted((a, b) => a - b);
  const against = (base, own) => [base.median / own.median, 'x'];
  const took = (own, base) => `${ms(own)} against ${ms(base)} for ${counts.batch}`;
  return [
    least(GROUP, `${id}: durable appends, of its driver alone`, ...against(appended.raw, appended.storage), 0.85, took(appended.storage, appended.raw)),
    info(`${id}: durable appends, of a file with fdatasync`, ...against(appended.file, appended.storage), took(appended.storage, appended.file)),
    info(`${id}: runs of 4 events with all that the journal keeps, of its driver alone`, ...against(appended.rawRun, appended.journal), took(appended.journal, appended.rawRun)),
    least(GROUP, `${id}: appends of 8 processes, of one`, each[each.length >> 1], 'x', 0.6, `${eight.map(Math.round).join(', ')} a second against ${one.map(Math.round).join(', ')}`),
    least(GROUP, `${id}: ${counts.read} events read, of its driver alone`, ...against(reading.raw, reading.storage), 0.7, `${ms(reading.storage)} against ${ms(reading.raw)}`),
    row(GROUP, `${id}: opened with ${counts.events} events, longer than empty`, opening.full.median - opening.empty.median, 'ms', 20, `${ms(opening.full)} against ${ms(opening.empty)}`),
    row(GROUP, `${id}: memory to stream ${counts.events} events, more than for a tenth`, all.own - some.own, 'MiB', 20, `${Math.round(all.own)} MiB of its own (VmHWM ${Math.round(all.peak)}) against ${Math.round(some.own)} (${Math.round(some.peak)})`),
  ];
}

function replayRows(world, counts) {
  const { states, bodies } = JSON.parse(node(world, [SCRIPT, 'replayed', 'none', world.folder, JSON.stringify(counts)]));
  const rate = (took) => counts.replayed / took.median;
  return [
    least(GROUP, 'events read from their text and replayed, on one core', rate(bodies), 'thousand events/s', 300, `${ms(bodies)} for ${counts.replayed}`),
    info('events replayed, on one core', rate(states), 'thousand events/s', `${ms(states)} for ${counts.replayed}`),
  ];
}

function info(name, value, unit, detail) {
  return row(GROUP, name, value, unit, undefined, detail);
}
