import type { EffectiveSet } from './effective.ts';
import type { Capability } from './grammar.ts';
import { containsEndpoint, type Endpoint, parseEndpoint } from './hosts.ts';

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
  const isDenied = (host: string, port: number): boolean => denied.some((endpoint) => containsEndpoint(endpoint, { host, port }));
  return {
    allows: (host, port) => !isDenied(host, port) && granted.some((endpoint) => containsEndpoint(endpoint, { host, port })),
    names: (host, port) => !isDenied(host, port) && granted.some((endpoint) => endpoint.host === host && containsEndpoint(endpoint, { host, port })),
  };
}

function endpoints(capabilities: readonly Capability[]): Endpoint[] {
  return capabilities.filter(({ domain }) => domain === 'net').map(({ scope }) => (scope === undefined ? { host: '*' } : parseEndpoint(scope)));
}
