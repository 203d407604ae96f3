import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ownPackage } from './config/package-root.ts';
import { userFolders } from './config/paths.ts';
import { type Door, doorTo } from './ui/door.ts';
import { endWithReader, processDoor, UNFINISHED } from './ui/process-door.ts';
import { reportError } from './ui/report-error.ts';

/** The commands that go straight to the core; everything else, and every command line they do not understand, goes to the full one. */
const LEAN: Readonly<Record<string, (argv: readonly string[], door: Door) => Promise<number | undefined>>> = {
  run: async (argv, door) => (await import('./ui/run-tool.ts')).runTool(argv, door),
  'tools list': async (argv, door) => {
    const flags = read(argv, { category: 'string', capability: 'string', source: 'string', json: 'boolean' });
    return flags && (await import('./ui/tools-list.ts')).listTools(flags, door);
  },
  'runs list': async (argv, door) => {
    const flags = read(argv, { limit: 'string', status: 'string', storage: 'string', tool: 'string', json: 'boolean' });
    return flags && (await import('./ui/runs-list.ts')).listRuns(flags, doorTo(flags.storage, door));
  },
};

/** Every way out goes through `end`: an error that nothing expected ends with its code too. */
async function launch(argv: readonly string[]): Promise<void> {
  const door = processDoor();
  try {
    door.end(await dispatch(argv, door));
  } catch (thrown) {
    door.end(reportError(thrown, { has: (flag) => argv.includes(`--${flag}`) }, door));
  }
}

async function dispatch(argv: readonly string[], door: Door): Promise<number> {
  const [first = '', second = ''] = argv;
  if (argv.length === 1 && first === '--version') {
    door.stdout.write(`toka/${ownPackage().version} ${process.platform}-${process.arch} node-${process.version}\n`);
    return 0;
  }
  enableCompileCache(privateFolder(join(userFolders().cache, 'compile')));
  const name = first in LEAN ? first : `${first} ${second}`;
  const lean = Object.hasOwn(LEAN, name) ? LEAN[name] : undefined;
  const code = await lean?.(argv.slice(name.split(' ').length), door);
  if (code !== undefined) return code;
  endWithReader(process.stdout);
  return (await import('./cli.ts')).main(argv);
}

/** What lies there is run: whatever the mask of the process allows, no other user may write it. */
function privateFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch {
    // Nothing is kept then, which only costs time.
  }
  return path;
}

/** Flags that are all known and well formed; others are explained by the full command. */
function read<N extends string>(argv: readonly string[], types: Readonly<Record<N, 'string' | 'boolean'>>): FlagValues<N> | undefined {
  try {
    const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type: type as 'string' | 'boolean' }]));
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values as FlagValues<N>;
  } catch {
    return undefined;
  }
}

type FlagValues<N extends string> = { readonly [name in N]?: never };

// Node.js ends with success when nothing is left to wait for, even in the middle of a command: that would be a silent lie.
process.exitCode = UNFINISHED;
void launch(process.argv.slice(2));
