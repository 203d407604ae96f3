import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { EffectiveSet } from '../../../src/capability/effective.ts';
import { parseCapability } from '../../../src/capability/grammar.ts';
import { type Reach, reachOf } from '../../../src/capability/reach.ts';
import { proxyVariables } from '../../../src/sandbox/network/variables.ts';
import type { LaunchOptions, NetworkRules } from '../../../src/sandbox/plan.ts';
import { planOf, type PlanParts, type Ran, run } from '../support.ts';

/** What permissions of a run reach. */
function reach(...grants: readonly string[]): Reach {
  return reachOf(new EffectiveSet(grants.map((text) => ({ capability: parseCapability(text), source: 'test' }))));
}

export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Connections that came in. */
  readonly seen: Socket[];
}

/** A web server on this machine's loopback. */
export function web(answer: RequestListener): Promise<Listening> {
  return listen(createServer(answer));
}

/** A plain server on this machine's loopback. */
export function tcp(answer: (socket: Socket) => void): Promise<Listening> {
  return listen(createTcpServer({ allowHalfOpen: true }, answer));
}

async function listen(server: Server): Promise<Listening> {
  const seen: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    seen.push(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of seen) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export interface Networked extends Ran {
  /** The grants that would have allowed what was refused. */
  readonly refusals: readonly string[];
}

/** Runs a program with network, as the runtime would: proxy variables and all. */
export async function runWithNetwork(
  argv: readonly [string, ...string[]],
  grants: readonly string[],
  { resolve, options, ...parts }: PlanParts & { readonly resolve?: NetworkRules['resolve']; readonly options?: Partial<LaunchOptions> } = {},
): Promise<Networked> {
  const refusals: string[] = [];
  const plan = planOf(argv, { ...parts, network: grants, env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', ...parts.env, ...proxyVariables() } });
  const rules: NetworkRules = { reach: reach(...grants), ...(resolve ? { resolve } : {}), onRefused: ({ grant }) => void refusals.push(grant) };
  const ran = await run(plan, { network: rules, ...options });
  return { ...ran, refusals };
}

export const sh = (script: string, ...words: readonly string[]): readonly [string, ...string[]] => ['/bin/sh', '-c', script, 'sh', ...words];
export const python = (script: string, ...words: readonly string[]): readonly [string, ...string[]] => ['/usr/bin/python3', '-c', script, ...words];
