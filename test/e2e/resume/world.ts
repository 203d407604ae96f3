import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { place, type Place, tool } from '../../support/cli.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');

/**
 * The built package once more, with a plugin of its own beside those that come with toka: a tool that acts by its calls, and a storage that
 * kills toka.
 */
export function crashingPackage(): { readonly launcher: string } & Disposable {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-package-')));
  for (const part of ['bin', 'dist', 'manifests']) cpSync(join(REPOSITORY, part), join(root, part), { recursive: true });
  const own = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { toka: { plugins: string[] } };
  own.toka.plugins.push('@toka/plugin-release');
  writeFileSync(join(root, 'package.json'), JSON.stringify(own));
  mkdirSync(join(root, 'node_modules/@toka'), { recursive: true });
  const link = (name: string): void => symlinkSync(realpathSync(join(REPOSITORY, 'node_modules', name)), join(root, 'node_modules', name));
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) if (!['@toka', '.bin'].includes(name)) link(name);
  for (const name of readdirSync(join(REPOSITORY, 'node_modules/@toka'))) link(`@toka/${name}`);
  cpSync(join(import.meta.dirname, 'fixtures/release'), join(root, 'node_modules/@toka/plugin-release'), { recursive: true });
  return { launcher: join(root, 'bin/run.js'), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** A server that does what it is asked once for each idempotency key, and counts. */
export interface CountingServer extends AsyncDisposable {
  /** `HOST:PORT` on the loopback. */
  readonly at: string;
  /** `PATH KEY` of each request. */
  readonly requests: readonly string[];
  /** `PATH` of each that was done: the first with its key. */
  readonly done: readonly string[];
}

export async function countingServer(): Promise<CountingServer> {
  const requests: string[] = [];
  const done: string[] = [];
  const server: Server = createServer((request, response) => {
    const key = `${request.url} ${String(request.headers['idempotency-key'])}`;
    if (!requests.includes(key)) done.push(request.url ?? '');
    requests.push(key);
    response.end(`done ${request.url}`);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    done,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export const ALLOWED = ['tool:call', 'proc:exec:bash', 'fs:read:**', 'fs:write:**'].flatMap((capability) => ['--allow', capability]);

const param = (name: string): Readonly<Record<string, unknown>> => ({ name, type: 'string', description: name, required: true, pass: { positional: 1 } });

/** A project with the tools that `release` calls. */
export function releasePlace(): Place {
  const writes = { capabilities: { required: ['fs:read:.', 'fs:write:.'] } };
  return place({
    CHANGES: 'one\ntwo\n',
    ...tool('count-lines', 'wc -l < "$1"', { effect: 'read', parameters: [param('file')], capabilities: { required: ['fs:read:.'] } }),
    ...tool('log-line', 'echo "$1" >> log.txt', { effect: 'external', parameters: [param('text')], ...writes }),
    // What is announced twice with the same key is announced once.
    ...tool('announce', 'mkdir -p announced; echo "$1" > "announced/$(tr / _ <<< "$TOKA_IDEMPOTENCY_KEY")"', { effect: 'idempotent', parameters: [param('text')], ...writes }),
  });
}

/** Lets the next command of toka be killed at a commit of events, counted from 1; without one, no more. */
export function crashAt({ project }: Place, commit?: { readonly at: number; readonly when: 'before' | 'after' }): void {
  mkdirSync(join(project, '.toka/state'), { recursive: true, mode: 0o700 });
  rmSync(join(project, '.toka/state/crash'), { force: true });
  if (commit) writeFileSync(join(project, '.toka/state/crash'), `${commit.at} ${commit.when}`);
}

/** The commits so far, each with the events in it: `RUN TYPE, RUN TYPE`. */
export function commitsOf({ project }: Place): string[] {
  const file = join(project, '.toka/state/commits');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}
