import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { userFolders } from './config/paths.ts';
import { showVersion } from './lean/version.ts';
import { serve, UNFINISHED } from './ui/process-door.ts';

interface Entry {
  /** Carries the command out and ends the process; `false` where it does not understand the command line. */
  main(argv: readonly string[]): Promise<boolean>;
}

/** The commands that go straight to the core; everything else, and every command line they do not understand, goes to the full one. */
const LEAN: Readonly<Record<string, () => Promise<Entry>>> = {
  run: async () => import('./lean/run.ts'),
  'tools list': async () => import('./lean/tools-list.ts'),
  'runs list': async () => import('./lean/runs-list.ts'),
};

async function launch(argv: readonly string[]): Promise<void> {
  const [first = '', second = ''] = argv;
  if (argv.length === 1 && first === '--version') return showVersion();
  keepCompiledCode();
  const name = first in LEAN ? first : `${first} ${second}`;
  const lean = Object.hasOwn(LEAN, name) ? await LEAN[name]?.() : undefined;
  if (await lean?.main(argv.slice(name.split(' ').length))) return;
  await (await import('./cli.ts')).main(argv);
}

/** What lies in that folder is run: whatever the mask of the process allows, no other user may write it. */
function keepCompiledCode(): void {
  try {
    const folder = join(userFolders().cache, 'compile');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // Nothing is kept then, which only costs time.
  }
}

// Node.js ends with success when nothing is left to wait for, even in the middle of a command: that would be a silent lie.
process.exitCode = UNFINISHED;
const words = process.argv.slice(2);
// What is thrown outside of a command (a file of toka is missing or damaged) is reported as one's own errors are.
void launch(words).catch(async (thrown: unknown) =>
  serve(words, async () => {
    throw thrown;
  }),
);
