import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../../src/journal/journal.ts';

// Prunes two runs of v3-resumed and writes journal.db and expected.json, which holds what is left of them, into the folder given. Run once; what it wrote stays as it is.
const [folder = ''] = process.argv.slice(2);
const RUNS = ['0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f', '0198c3a2-a000-7c41-9d0e-5a4b3c2d1e0f'];
const state = join(mkdtempSync(join(tmpdir(), 'toka-compat-')), 'state');
const file = join(state, 'journal.db');
mkdirSync(state, { mode: 0o700 });
copyFileSync(join(import.meta.dirname, 'v3-resumed', 'journal.db'), file);
const journal = await openJournal(file, { clock: { now: () => 1_755_555_600_000 } });
await journal.prune(RUNS, { rule: '--older-than 30d', by: 'user', toka: '0.1.0' });
const left = await Promise.all(RUNS.map(async (run) => ({ run: await journal.run(run), event: (await journal.read(run, (await journal.run(run)).events - 1))[0] })));
await journal.close();
writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(left, null, 2)}\n`, { flag: 'wx' });
writeFileSync(join(folder, 'journal.db'), readFileSync(file), { flag: 'wx' });
rmSync(join(state, '..'), { recursive: true });
