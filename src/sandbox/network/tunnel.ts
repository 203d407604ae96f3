import type { Socket } from 'node:net';

/** Passes bytes both ways until both sides have ended, one of them has failed, or nothing has come for too long. */
export function join(client: Socket, upstream: Socket, idleMs: number): void {
  const end = (): void => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on('error', end);
  // Bytes of either direction pass through both sockets.
  client.setTimeout(idleMs, end);
  // A side that closes before it has ended leaves the other nothing to wait for.
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => client.destroySoon());
  client.pipe(upstream);
  upstream.pipe(client);
}
