import { join } from 'node:path';
import { keepCompiledCode } from './compiled-code.ts';
import { findHome, foldersIn } from './config/user-folders.ts';
import { showVersion } from './lean/version.ts';
import { makeFolder } from './make-folder.ts';
import { guessSandbox } from './ui/sandbox-guess.ts';
import { UNFINISHED } from './ui/unfinished.ts';

interface Entry {
  /** Carries the command out and ends the process; `false` where it does not understand the command line. */
  main(argv: readonly string[]): Promise<boolean>;
}

/** The commands that go straight to the core; everything else, and every command line they do not understand, goes to the full one. */
const LEAN: Readonly<Record<string, () => Promise<Entry>>> = {
  run: async () => import('./lean/run.ts'),
  'agent run': async () => import('./lean/agent-run.ts'),
  'tools list': async () => import('./lean/tools-list.ts'),
  'completion words': async () => import('./lean/completion-words.ts'),
  'runs list': async () => import('./lean/runs-list.ts'),
};

async function launch(argv: readonly string[]): Promise<void> {
  const [first = '', second = ''] = argv;
  if (argv.length === 1 && first === '--version' && showVersion()) {
    process.exitCode = 0;
    return;
  }
  const cache = cacheFolder();
  if (cache !== undefined) {
    keepCode(cache, argv);
    const guess = first === 'run' ? guessSandbox(cache, argv.slice(1)) : undefined;
    if (guess) (await import('./runtime/sandboxed.ts')).startSandbox(guess);
  }
  const name = first in LEAN ? first : `${first} ${second}`;
  const lean = Object.hasOwn(LEAN, name) ? await LEAN[name]?.() : undefined;
  if (await lean?.main(argv.slice(name.split(' ').length))) return;
  await (await import('./cli.ts')).main(argv);
}

function cacheFolder(): string | undefined {
  try {
    return foldersIn(findHome(process.env), process.env).cache;
  } catch {
    return undefined;
  }
}

/** What lies in that folder is run: whatever the mask of the process allows, no other user may write it. */
function keepCode(cache: string, argv: readonly string[]): void {
  try {
    const folder = join(cache, 'compile');
    makeFolder(folder, 0o700);
    keepCompiledCode(folder, argv);
  } catch {
    // Nothing is kept then, which only costs time.
  }
}

/** What is thrown outside of a command (a file of toka is missing or damaged) is reported as one's own errors are. */
async function report(argv: readonly string[], thrown: unknown): Promise<void> {
  const { serve } = await import('./ui/process-door.ts');
  await serve(argv, async () => {
    throw thrown;
  });
}

process.exitCode = UNFINISHED;
const words = process.argv.slice(2);
void launch(words)
  .catch((thrown: unknown) => report(words, thrown))
  .catch((thrown: unknown) => console.error(`error: TOKA_INTERNAL: toka is not complete: ${String(thrown)}`));
