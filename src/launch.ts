import { createRequire } from 'node:module';
import { join } from 'node:path';
import { keepCompiledCode } from './compiled-code.ts';
import { findHome, foldersIn } from './config/user-folders.ts';
import { showVersion } from './lean/version.ts';
import { makeFolder } from './make-folder.ts';
import { guessSandbox } from './ui/sandbox-guess.ts';
import { UNFINISHED } from './ui/unfinished.ts';

/** Files of the bundle that are loaded from here. */
interface Late {
  'agent-once': typeof import('./lean/agent-run.ts');
  cli: typeof import('./cli.ts');
  'completion-words': typeof import('./lean/completion-words.ts');
  'process-door': typeof import('./ui/process-door.ts');
  run: typeof import('./lean/run.ts');
  'runs-list': typeof import('./lean/runs-list.ts');
  sandboxed: typeof import('./runtime/sandboxed.ts');
  'tools-list': typeof import('./lean/tools-list.ts');
}

/** The commands that go straight to the core; everything else, and every command line they do not understand, goes to the full one. */
const LEAN = {
  run: 'run',
  'agent run': 'agent-once',
  'tools list': 'tools-list',
  'completion words': 'completion-words',
  'runs list': 'runs-list',
} as const;

let loadFile: (filename: string) => unknown = createRequire(import.meta.filename);

function load<Name extends keyof Late>(name: Name): Late[Name] {
  return loadFile(join(import.meta.dirname, 'late', `${name}.cjs`)) as Late[Name];
}

async function launch(argv: readonly string[]): Promise<void> {
  const [first = '', second = ''] = argv;
  if (argv.length === 1 && first === '--version' && showVersion()) {
    process.exitCode = 0;
    return;
  }
  const cache = cacheFolder();
  if (cache !== undefined) {
    const guess = first === 'run' ? guessSandbox(cache, argv.slice(1)) : undefined;
    const uses = [...argv];
    keepCode(cache, uses);
    // A sandbox that is laid out ahead is another use of the same command line.
    if (guess && load('sandboxed').startSandbox(guess)) uses.push('--laid-out');
  }
  const name = first in LEAN ? first : `${first} ${second}`;
  const isLean = Object.hasOwn(LEAN, name) && (await load(LEAN[name as keyof typeof LEAN]).main(argv.slice(name.split(' ').length)));
  if (!isLean) await load('cli').main(argv);
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
    loadFile = keepCompiledCode(folder, argv);
  } catch {
    // Nothing is kept then, which only costs time.
  }
}

/** What is thrown outside of a command (a file of toka is missing or damaged) is reported as one's own errors are. */
async function report(argv: readonly string[], thrown: unknown): Promise<void> {
  await load('process-door').serve(argv, async () => {
    throw thrown;
  });
}

process.exitCode = UNFINISHED;
const words = process.argv.slice(2);
void launch(words)
  .catch((thrown: unknown) => report(words, thrown))
  .catch((thrown: unknown) => console.error(`error: TOKA_INTERNAL: toka is not complete: ${String(thrown)}`));
