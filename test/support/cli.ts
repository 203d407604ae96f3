import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach } from 'vitest';
import { beginCache } from './cache.ts';
import { plant, type Planted } from './planted.ts';

/** The launcher of the built package. */
export const LAUNCHER = join(import.meta.dirname, '../../bin/run.js');

// One for all tests of a file.
const cache = realpathSync(mkdtempSync(join(tmpdir(), 'toka-cache-')));
beginCache(cache);
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const living = new Set<Planted>();
afterEach(() => {
  for (const planted of living) planted.demandUnwritten();
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once stdout and stderr together hold this text. */
  said(text: string): Promise<void>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Keeps standard input open. */
  readonly open?: boolean;
  /** In a session and process group of its own. */
  readonly detached?: boolean;
  /** Default: that of the built package. */
  readonly launcher?: string;
}

/** A folder of this machine with a home, a project in it, and toka's own folders; removed with the value. A planted secret that leaks fails the test. */
export interface Place extends Disposable {
  readonly base: string;
  /** The project: it has an empty `toka.yaml` unless other files say otherwise. */
  readonly project: string;
  readonly home: string;
  /** With a planted secret in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly planted: Planted;
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  read(file: string): string;
  start(args: readonly string[], options?: StartOptions): Started;
  run(args: readonly string[], options?: StartOptions): Promise<Ended>;
  /** Runs another program to its end, which starts toka by itself. */
  spawn(program: string, args: readonly string[], options?: Pick<StartOptions, 'cwd' | 'input'>): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  /** Runs with `--json` (at the end, or before `--`) and returns what was printed, with the exit code. */
  json<T = Json>(args: readonly string[], options?: StartOptions): Promise<T & { readonly exit: number | null }>;
}

/** What is printed with `--json`, looked at by tests without its type. */
export interface Json {
  readonly [name: string]: unknown;
  readonly schema: string;
  readonly status: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
  readonly runId: string;
  readonly output: string;
  readonly data?: unknown;
  readonly exitCode: number | null;
}

export function place(files: Readonly<Record<string, string | Uint8Array>> = {}): Place {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-cli-')));
  const project = join(base, 'project');
  const home = join(base, 'home');
  for (const folder of [project, home]) mkdirSync(folder);
  const planted = plant(home, [home, join(project, '.toka'), cache]);
  living.add(planted);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: cache,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    // A terminal of a test asks no registry.
    NO_UPDATE_NOTIFIER: '1',
    ...planted.env,
  };
  const write = (all: Readonly<Record<string, string | Uint8Array>>): void => {
    for (const [name, content] of Object.entries(all)) {
      const file = join(project, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode: 0o755 });
    }
  };
  write({ 'toka.yaml': 'apiVersion: toka/v1\n', ...files });
  const start = (args: readonly string[], options: StartOptions = {}): Started =>
    collect(
      spawn(process.execPath, [options.launcher ?? LAUNCHER, ...args], {
        cwd: options.cwd ?? project,
        env: { ...env, ...options.env },
        detached: options.detached ?? false,
        stdio: [options.input !== undefined || options.open === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      }),
      options,
      planted,
    );
  const run = async (args: readonly string[], options?: StartOptions): Promise<Ended> => start(args, options).ended;
  return {
    base,
    project,
    home,
    env,
    planted,
    write,
    read: (file) => readFileSync(join(project, file), 'utf8'),
    start,
    run,
    spawn: (program, args, { cwd = project, input } = {}) =>
      planted.searched(spawnSync(program, args, { cwd, env, encoding: 'utf8', ...(input === undefined ? {} : { input }) })),
    async json<T = Json>(args: readonly string[], options?: StartOptions) {
      const end = args.includes('--') ? args.indexOf('--') : args.length;
      const ended = await run(args.toSpliced(end, 0, '--json'), options);
      try {
        return { ...(JSON.parse(ended.stdout) as T), exit: ended.code };
      } catch (cause) {
        throw new Error(`toka ${args.join(' ')} should print one JSON value: ${JSON.stringify(ended)}`, { cause });
      }
    },
    [Symbol.dispose]: () => {
      living.delete(planted);
      try {
        planted.demandUnwritten();
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    },
  };
}

function collect(child: ChildProcess, { input, open }: StartOptions, planted: Planted): Started {
  const text = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const listener of listeners) listener();
    });
  }
  child.stdin?.on('error', () => undefined);
  if (open !== true) child.stdin?.end(input ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  }).then(planted.searched);
  const said = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (`${text.stdout}${text.stderr}`.includes(wanted)) resolve();
      };
      listeners.add(look);
      look();
      void ended.then((end) => reject(new Error(`"${wanted}" was never said: ${JSON.stringify(end)}`)), reject);
    });
  return { child, ended, said };
}

/** The spec of a test's tool beside its executable; what is left out is harmless. */
export interface Spec {
  readonly type?: 'shell' | 'python' | 'external' | 'native';
  readonly executable?: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
}

/** The files of a tool: its manifest in `manifests/NAME.yaml` and, unless it is external, its script beside it. */
export function tool(name: string, script: string, { type = 'shell', executable = {}, ...spec }: Spec = {}): Record<string, string> {
  const file = { shell: `${name}.sh`, python: `${name}.py`, external: '', native: `${name}.mjs` }[type];
  const own = type === 'native' ? { type, entry: file } : type === 'external' ? { type, path: script } : { type, path: file };
  const manifest = {
    apiVersion: 'toka/v1',
    metadata: { name, version: '1.0.0', category: 'test', description: `The tool ${name}` },
    spec: { effect: 'read', ...spec, executable: { ...own, ...executable } },
  };
  return { [`manifests/${name}.yaml`]: JSON.stringify(manifest, undefined, 2), ...(file === '' ? {} : { [`manifests/${file}`]: script }) };
}

/** The processes of this machine whose command line holds a text. */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(marker) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}

/** Those of them that this process has started, itself or by others. */
export function startedWith(marker: string): string[] {
  return processesWith(marker).filter((line) => isBelow(line.slice(0, line.indexOf(' '))));
}

function isBelow(pid: string): boolean {
  const parent = parentOf(pid);
  return parent !== undefined && (parent === String(process.pid) || isBelow(parent));
}

function parentOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  } catch {
    return undefined;
  }
}

/** How many bytes a file has; none where there is no file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Waits until something holds; what never does meets the time limit of the test. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(20);
}
