import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { join } from 'node:path';

/** What stands outside of a sandbox for it to be attacked, and tells whether it was. */
export interface Decoys {
  readonly folder: string;
  readonly pid: number;
  readonly ports: { readonly granted: number; readonly other: number; readonly udp: number };
  readonly abstract: string;
  /** What was reached: `other`, `udp`, `unix-path`, `unix-abstract`. */
  readonly reached: ReadonlySet<string>;
  readonly isAlive: () => boolean;
  remove(): void;
}

export async function makeDecoys(base: string): Promise<Decoys> {
  const folder = makeFolder(base);
  const reached = new Set<string>();
  const abstract = `\0${folder}`;
  const granted = await listener({ host: '127.0.0.1', port: 0 }, () => undefined);
  const other = await listener({ host: '127.0.0.1', port: 0 }, () => reached.add('other'));
  const path = await listener({ path: join(folder, 'read/socket') }, () => reached.add('unix-path'));
  const nameless = await listener({ path: abstract }, () => reached.add('unix-abstract'));
  const udp = createSocket('udp4').on('message', () => reached.add('udp'));
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const servers = [granted, other, path, nameless];
  return {
    folder,
    pid: child.pid ?? 0,
    ports: { granted: portOf(granted), other: portOf(other), udp: udp.address().port },
    abstract,
    reached,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    remove: () => {
      child.kill('SIGKILL');
      for (const server of servers) server.close();
      udp.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeFolder(base: string): string {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(base, 'probe-'));
  for (const name of ['read', 'outside', 'write/.git/hooks']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'outside/secret'), 'secret');
  writeFileSync(join(folder, 'read/hidden'), 'secret');
  symlinkSync(join(folder, 'outside/secret'), join(folder, 'read/link'));
  return folder;
}

async function listener(at: ListenOptions, onReached: () => unknown): Promise<ReturnType<typeof createServer>> {
  const server = createServer((socket) => {
    onReached();
    socket.on('error', () => socket.destroy()).resume();
  });
  server.listen(at);
  await once(server, 'listening');
  return server;
}

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}
