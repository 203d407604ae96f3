import { EffectiveSet } from '../../capability/effective.ts';
import { anchor, type Anchors, parseCapabilities } from '../../capability/grammar.ts';
import type { AgentSpec } from '../../manifest/agent/spec.ts';

/** All that there is to be granted but what a file says of its own: tools, agents and models. */
const EVERYTHING = ['fs:read', 'fs:write', 'net:connect', 'proc:exec', 'env:read'];

/** What an agent may have at the most (a tool may be named without the source that it is of), whoever grants it: what its file says, with the tools and agents that it names, and models. */
export function ceilingOf({ agents, security, tools }: AgentSpec): string[] {
  const called = tools.length === 0 ? ['tool:call'] : tools.map((glob) => `tool:call:${glob.includes('/') ? glob : `*/${glob}`}`);
  return [...security.required, ...(security.ceiling ?? EVERYTHING), ...called, ...agents.map((name) => `agent:spawn:${name}`), 'model:call'];
}

/** The same as a set: what it starts is denied whatever lies beyond, and a person may grant what lies within. */
export function reachOf(agent: AgentSpec, carvedOut: EffectiveSet['carvedOut'], anchors: Anchors): EffectiveSet {
  const capabilities = ceilingOf(agent).flatMap(parseCapabilities).map((capability) => anchor(capability, anchors));
  return new EffectiveSet(capabilities.map((capability) => ({ capability, source: `agent ${agent.name}` })), carvedOut);
}
