'use strict';
// Loaded before a command to have its peak memory written down when it ends.
const { writeFileSync } = require('node:fs');

process.on('exit', () => writeFileSync(process.env.TOKA_BENCH_PEAK, String(process.resourceUsage().maxRSS)));
