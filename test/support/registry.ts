import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from './cli.ts';

/** A registry of this machine alone: real, on the loopback, with nothing above it. */
export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  /** Its own folder, in which the tarballs that it serves stand. */
  readonly storage: string;
  /** The lines of an `.npmrc` that leads there. */
  readonly npmrc: string;
  /** Publishes the package in a folder as `npm publish --tag latest` does, with npm's own code: a process of npm for each takes most of a second. */
  publish(folder: string): Promise<void>;
}

type Pack = (spec: string, options: object) => Promise<Buffer>;
interface Publishing {
  publish(manifest: object, tarball: Buffer, options: object): Promise<unknown>;
}

const require = createRequire(import.meta.url);
const SERVER = join(dirname(require.resolve('verdaccio/package.json')), 'bin', 'verdaccio');
const requireOfNpm = createRequire(createRequire(require.resolve('@oclif/plugin-plugins')).resolve('npm/package.json'));

export async function startRegistry(): Promise<TestRegistry> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-registry-')));
  const storage = join(base, 'storage');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const npmrc = `registry=${url}/\n//127.0.0.1:${port}/:_authToken=nobody\n`;
  const config = {
    storage,
    auth: { htpasswd: { file: join(base, 'htpasswd') } },
    packages: { '**': { access: '$all', publish: '$all', unpublish: '$all' } },
    log: { type: 'stdout', format: 'json', level: 'error' },
    max_body_size: '200mb',
  };
  mkdirSync(storage);
  writeFileSync(join(base, 'config.yaml'), JSON.stringify(config));
  const server = spawn(process.execPath, [SERVER, '--config', join(base, 'config.yaml'), '--listen', `127.0.0.1:${port}`], { cwd: base, stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: base } });
  await until(async () => answers(url, server));
  return {
    url,
    storage,
    npmrc,
    async publish(folder) {
      const options = { registry: `${url}/`, [`//127.0.0.1:${port}/:_authToken`]: 'nobody', cache: join(base, 'npm'), ignoreScripts: true, dryRun: true };
      const [pack, { publish }] = [requireOfNpm('libnpmpack') as Pack, requireOfNpm('libnpmpublish') as Publishing];
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
      await publish(manifest, await pack(`file:${folder}`, options), options);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, { exitCode }: ChildProcess): Promise<boolean> {
  if (exitCode !== null) throw new Error(`the registry ended with ${exitCode}`);
  try {
    return (await fetch(`${url}/-/ping`)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const address = probe.address();
  await once(probe.close(), 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}
