// Compiles the sources (tsc) and bundles what starts from a terminal (esbuild).
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
execFileSync(process.execPath, [tsc, '-b'], { stdio: 'inherit' });
