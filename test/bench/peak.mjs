// Loaded before a command to have its peak memory written down when it ends.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.TOKA_BENCH_PEAK, String(process.resourceUsage().maxRSS)));
