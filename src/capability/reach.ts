import type { EffectiveSet } from './effective.ts';
import type { Capability } from './grammar.ts';
import { type Endpoint, parseEndpoint } from './hosts.ts';

/** Which hosts and ports a run may connect to. */
export interface Reach {
  /** Whether a host, in its one spelling (see hosts.ts), may be connected to at a port. */
  allows(host: string, port: number): boolean;
  /** Whether a grant names this very host, not only a pattern that it fits. */
  names(host: string, port: number): boolean;
}

/**
 * The network permissions of a run as a question that can be asked for each connection.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID for a scope that names no host
 */
export function reachOf({ permissions, carvedOut }: EffectiveSet): Reach {
  const granted = endpoints(permissions.map(({ capability }) => capability));
  const denied = endpoints(carvedOut);
  const isDenied = (host: string, port: number): boolean => denied.some((endpoint) => covers(endpoint, host, port));
  return {
    allows: (host, port) => !isDenied(host, port) && granted.some((endpoint) => covers(endpoint, host, port)),
    names: (host, port) => !isDenied(host, port) && granted.some((endpoint) => endpoint.host === host && isAt(endpoint, port)),
  };
}

function endpoints(capabilities: readonly Capability[]): Endpoint[] {
  return capabilities.filter(({ domain }) => domain === 'net').map(({ scope }) => (scope === undefined ? { host: '*' } : parseEndpoint(scope)));
}

function covers(endpoint: Endpoint, host: string, port: number): boolean {
  return isAt(endpoint, port) && (endpoint.host === '*' || endpoint.host === host || isBelow(endpoint.host, host));
}

function isAt({ port }: Endpoint, wanted: number): boolean {
  return port === undefined || port === wanted;
}

function isBelow(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}
