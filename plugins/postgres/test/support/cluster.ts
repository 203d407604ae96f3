import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** The folder of PostgreSQL's server programs: Debian keeps them out of PATH. */
export const programs = findPrograms();

/** Who the server is: nobody in particular, where this is root. */
const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;

export interface ClusterOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether it listens on the loopback too, and not only on a Unix socket. */
  readonly listens?: boolean;
  /** Where its write-ahead log is to be. Default: with the rest. */
  readonly log?: string;
  /** Writes files into its folder before it starts: `data` has the configuration. */
  prepare?(folder: string): void;
}

/** A PostgreSQL server of its own in a temporary folder, which is not that of the machine. */
export class Cluster {
  readonly folder: string;
  readonly port: number;
  readonly #options: ClusterOptions;
  #server: ChildProcess | undefined;

  private constructor(folder: string, port: number, options: ClusterOptions) {
    this.folder = folder;
    this.port = port;
    this.#options = options;
  }

  /** Makes one and starts it; the caller removes it. */
  static async make(options: ClusterOptions = {}): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'toka-pg-'));
    const cluster = new Cluster(folder, options.listens === true ? await freePort() : 5432, options);
    cluster.#own(folder);
    cluster.#run('initdb', ['--no-sync', '--auth=trust', '--username=toka', '--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--pgdata', join(folder, 'data'), ...(options.log === undefined ? [] : ['--waldir', options.log])]);
    options.prepare?.(folder);
    for (const file of globSync(`${folder}/**`)) cluster.#own(file);
    await cluster.start();
    return cluster;
  }

  /** A storage in the database `postgres`. */
  location(parameters: Readonly<Record<string, string>> = {}): string {
    return `postgres://toka@/postgres?${new URLSearchParams({ host: this.folder, ...parameters }).toString()}`;
  }

  async start(): Promise<void> {
    const settings = { listen_addresses: this.#options.listens === true ? '127.0.0.1' : '', port: String(this.port), unix_socket_directories: this.folder, max_connections: '50', ...this.#options.settings };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program, args] = this.#command('postgres', ['-D', join(this.folder, 'data'), ...options]);
    const server = spawn(program, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#server = server;
    const log: string[] = [];
    for await (const line of createInterface(server.stderr)) {
      log.push(line);
      if (!line.includes('ready to accept connections')) continue;
      server.stderr.resume();
      return;
    }
    throw new Error(`PostgreSQL did not start:\n${log.join('\n')}`);
  }

  /** `SIGINT` ends it in order, `SIGQUIT` at once, without even a checkpoint. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  async restart(signal?: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** What psql prints for a statement, without headings. */
  sql(statement: string): string {
    const args = ['-h', this.folder, '-p', String(this.port), '-U', 'toka', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qAtc', statement];
    return execFileSync(join(programs ?? '', 'psql'), args, { encoding: 'utf8' }).trim();
  }

  /** The processes that serve storages. */
  backends(): number[] {
    return this.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'toka'").split('\n').map(Number);
  }

  async remove(): Promise<void> {
    await this.stop('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #own(file: string): void {
    if (owner) chownSync(file, owner.uid, owner.gid);
  }

  #run(name: string, args: readonly string[]): void {
    const [program, all] = this.#command(name, args);
    execFileSync(program, all, { cwd: this.folder, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** PostgreSQL refuses to be root. It ends with who has started it, even if that one is killed. */
  #command(name: string, args: readonly string[]): [string, string[]] {
    const identity = owner ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : [];
    return ['setpriv', [...identity, '--pdeathsig=QUIT', join(programs ?? '', name), ...args]];
  }
}

function idOf(what: '-u' | '-g'): number {
  return Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8' }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function findPrograms(): string | undefined {
  const folders = [...globSync('/usr/lib/postgresql/*/bin').toSorted(byVersion), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.find((folder) => ['initdb', 'postgres', 'psql'].every((name) => globSync(join(folder, name)).length > 0));
  if (found === undefined && process.env['CI'] === 'true') throw new Error('expected PostgreSQL where CI runs: .ci/run installs it');
  return found;
}

/** The newest first. */
function byVersion(one: string, other: string): number {
  return other.localeCompare(one, 'en', { numeric: true });
}
