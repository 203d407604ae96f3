import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Traffic } from '../../journal/events.ts';
import type { NetworkRules } from '../plan.ts';
import { dial, NoConnection, readTarget } from './dial.ts';
import { httpServer } from './http.ts';
import { serveSocks, SOCKS_VERSION } from './socks.ts';

const MAX_CONNECTIONS = 256;
const IDLE_MS = 300_000;
/** A program that is refused may try for ever: so many different refusals are told, the rest are counted. */
const MAX_TOLD = 100;

/** The only way out of a sandbox with network. */
export interface Proxy {
  /** Answers a connection that came from the sandbox. */
  accept(client: Socket): void;
  /** Ends every connection. */
  close(): Traffic;
}

/** A proxy in toka's own process: HTTP (CONNECT and whole addresses) and SOCKS5 on one port, each connection checked against the grants. */
export function openProxy({ reach, resolve, onRefused }: NetworkRules): Proxy {
  const clients = new Set<Socket>();
  const upstreams = new Set<Socket>();
  const told = new Set<string>();
  const traffic = { connections: 0, refused: 0, sent: 0, received: 0 };
  let closed = false;
  const count = (upstream: Socket): void => {
    traffic.sent += upstream.bytesWritten;
    traffic.received += upstream.bytesRead;
  };
  const open = async (name: string, at: number): Promise<Socket> => {
    try {
      const { host, port } = readTarget(name, at);
      const upstream = await dial(host, port, reach, resolve);
      if (closed) {
        upstream.destroy();
        throw new NoConnection('failed', name, 'the run has ended');
      }
      traffic.connections += 1;
      upstreams.add(upstream);
      upstream.once('close', () => upstreams.delete(upstream) && count(upstream));
      return upstream;
    } catch (error) {
      if (error instanceof NoConnection && error.grant !== undefined) refuse(error.message, error.grant);
      throw error;
    }
  };
  const refuse = (message: string, grant: string): void => {
    traffic.refused += 1;
    if (told.size >= MAX_TOLD || told.has(message)) return;
    told.add(message);
    onRefused({ message, grant });
  };
  const http = httpServer(open, IDLE_MS);
  const accept = (client: Socket): void => {
    if (clients.size >= MAX_CONNECTIONS) return void client.destroy();
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    client.setNoDelay(true);
    serveClient(client, http, open);
  };
  return {
    accept,
    close: () => {
      closed = true;
      for (const upstream of upstreams) count(upstream);
      for (const socket of [...clients, ...upstreams]) socket.destroy();
      upstreams.clear();
      http.close();
      return traffic;
    },
  };
}

/** The first byte tells which protocol a client speaks. */
function serveClient(client: Socket, http: HttpServer, open: (host: string, port: number) => Promise<Socket>): void {
  client.setTimeout(IDLE_MS, () => client.destroy());
  client.once('readable', () => {
    const first = client.read(1) as Buffer | null;
    if (first === null) return void client.destroy();
    client.unshift(first);
    if (first[0] === SOCKS_VERSION) serveSocks(client, open, IDLE_MS).catch(() => client.destroy());
    else http.emit('connection', client);
  });
}
