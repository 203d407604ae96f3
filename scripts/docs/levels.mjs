import { LEVELS } from '../../dist/manifest/levels.js';
import { printDuration, printSize } from '../../dist/manifest/units.js';
import { table } from './table.mjs';

/** The limits of each level. */
export function levelTable() {
  const rows = Object.entries(LEVELS).map(([name, { memory, cpu, pids, timeoutMs, maxOutput, maxDisk }]) => [
    `\`${name}\``,
    printSize(memory),
    `${cpu} %`,
    String(pids),
    printDuration(timeoutMs),
    printSize(maxOutput),
    printSize(maxDisk),
  ]);
  return table(['Level', 'Memory', 'CPU', 'Processes', 'Time', 'Output', 'Disk'], rows);
}
