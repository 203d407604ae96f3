import type { Socket } from 'node:net';
import { NoConnection } from './dial.ts';
import { join } from './tunnel.ts';

/** The first byte of a SOCKS5 client (RFC 1928). */
export const SOCKS_VERSION = 5;

const NO_AUTHENTICATION = 0;
const NO_METHOD = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

// Replies.
const SUCCEEDED = 0;
const FAILED = 1;
const NOT_ALLOWED = 2;
const UNKNOWN_HOST = 4;
const REFUSED = 5;
const NO_SUCH_COMMAND = 7;
const NO_SUCH_ADDRESS = 8;

const REPLIES = { refused: NOT_ALLOWED, unknown: UNKNOWN_HOST, failed: REFUSED, unreadable: NO_SUCH_ADDRESS } as const;

/** Serves one SOCKS5 client: CONNECT, to names and addresses, without authentication. */
export async function serveSocks(client: Socket, open: (host: string, port: number) => Promise<Socket>, idleMs: number): Promise<void> {
  const [, count] = await take(client, 2);
  const methods = await take(client, count!);
  if (!methods.includes(NO_AUTHENTICATION)) {
    client.end(Buffer.of(SOCKS_VERSION, NO_METHOD));
    return;
  }
  client.write(Buffer.of(SOCKS_VERSION, NO_AUTHENTICATION));
  const [version, command, , kind] = await take(client, 4);
  const host = version === SOCKS_VERSION ? await takeHost(client, kind!) : undefined;
  if (host === undefined) return reply(client, NO_SUCH_ADDRESS);
  const port = (await take(client, 2)).readUInt16BE();
  if (command !== CONNECT) return reply(client, NO_SUCH_COMMAND);
  try {
    const upstream = await open(host, port);
    reply(client, SUCCEEDED);
    join(client, upstream, idleMs);
  } catch (error) {
    reply(client, error instanceof NoConnection ? REPLIES[error.reason] : FAILED);
  }
}

function reply(client: Socket, code: number): void {
  const message = Buffer.of(SOCKS_VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0);
  if (code === SUCCEEDED) client.write(message);
  else client.end(message);
}

async function takeHost(client: Socket, kind: number): Promise<string | undefined> {
  switch (kind) {
    case IPV4:
      return [...(await take(client, 4))].join('.');
    case IPV6: {
      const bytes = await take(client, 16);
      return `[${Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16)).join(':')}]`;
    }
    case NAME: {
      const [length] = await take(client, 1);
      return (await take(client, length!)).toString('latin1');
    }
    default:
      return undefined;
  }
}

/** Reads exactly so many bytes of a paused stream. */
async function take(client: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = client.read(count) as Buffer | null;
    if (bytes?.length === count) return bytes;
    if (bytes !== null || client.readableEnded || client.destroyed) throw new Error('the client ended early');
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close']) client.off(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) client.on(event, done);
    });
  }
}
