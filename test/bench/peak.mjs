// Loaded before a command to have its peak memory written down when it ends, in KiB; nothing where the system does not tell.
import { readFileSync, writeFileSync } from 'node:fs';

// Not the figure of getrusage: in a process that a larger one started it begins with what that one had.
process.on('exit', () => writeFileSync(process.env.TOKA_BENCH_PEAK, /^VmHWM:\s*(\d+) kB$/m.exec(status())?.[1] ?? ''));

function status() {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
