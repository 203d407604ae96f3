import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { normaliseHost } from '../../capability/hosts.ts';
import type { Reach } from '../../capability/reach.ts';
import type { NetworkRules } from '../plan.ts';
import { isLoopback, isSpecial } from './addresses.ts';

const CONNECT_MS = 30_000;

type Resolve = NonNullable<NetworkRules['resolve']>;

/** Why there is no connection: `refused` by the grants, `unknown` host, `failed` to connect, or a target that cannot be `read`. */
export class NoConnection extends Error {
  readonly reason: 'refused' | 'unknown' | 'failed' | 'unreadable';
  /** The target, and of a refused one the grant that would allow it. */
  readonly target: string;
  readonly grant?: string;

  constructor(reason: NoConnection['reason'], target: string, message: string, grant?: string) {
    super(message);
    this.reason = reason;
    this.target = target;
    if (grant !== undefined) this.grant = grant;
  }
}

/** Reads a target as a program names it. The address of a host that is given in IPv6 may stand without brackets. */
export function readTarget(host: string, port: number): { readonly host: string; readonly port: number } {
  const target = `${host}:${port}`;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new NoConnection('unreadable', target, `${target} has no port from 1 to 65535`);
  try {
    return { host: normaliseHost(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host), port };
  } catch (error) {
    throw new NoConnection('unreadable', target, (error as Error).message);
  }
}

/**
 * Connects to a host that the grants reach. Its name is resolved once, and the connection goes to just the address that was checked: a name
 * that leads to this machine or its networks is refused unless a grant names that very address, or the name is `localhost`.
 *
 * @throws NoConnection
 */
export async function dial(host: string, port: number, reach: Reach, resolve: Resolve = resolveBySystem): Promise<Socket> {
  const target = `${host}:${port}`;
  if (!reach.allows(host, port)) {
    throw new NoConnection('refused', target, `no grant covers ${target}`, `net:connect:${target}`);
  }
  const addresses = await addressesOf(host, target, resolve);
  const allowed = addresses.filter((address) => mayReach(address, host, port, reach));
  if (allowed.length === 0) {
    const address = bracketed(addresses[0]!);
    const why = address === host ? 'is no address on the internet' : `leads to ${address}, which is no address on the internet`;
    throw new NoConnection('refused', target, `${target} ${why}, and no grant names it`, `net:connect:${address}:${port}`);
  }
  let last: unknown;
  for (const address of allowed) {
    try {
      return await connectTo(address, port);
    } catch (error) {
      last = error;
    }
  }
  throw new NoConnection('failed', target, `${target} cannot be connected to: ${(last as Error).message}`);
}

async function addressesOf(host: string, target: string, resolve: Resolve): Promise<string[]> {
  if (/^\[|^[\d.]+$/.test(host)) return [bare(host)];
  let found: readonly string[];
  try {
    found = await resolve(host);
  } catch {
    found = [];
  }
  if (found.length === 0) throw new NoConnection('unknown', target, `no address of ${host} is known`);
  // An IPv4 address that is wrapped in IPv6 is the IPv4 address.
  return found.map((address) => bare(normaliseHost(bracketed(address))));
}

function mayReach(address: string, host: string, port: number, reach: Reach): boolean {
  if (!isSpecial(address) || reach.names(bracketed(address), port)) return true;
  return host === 'localhost' && isLoopback(address) && reach.names(host, port);
}

async function resolveBySystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function connectTo(address: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true, timeout: CONNECT_MS });
  socket.once('connect', () => {
    socket.setTimeout(0);
    resolve(socket);
  });
  socket.once('timeout', () => socket.destroy(new Error('it did not answer')));
  socket.once('error', reject);
  return promise;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function bare(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1');
}
