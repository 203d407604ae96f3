// Writes dist/agents.json: the agents that come with toka, read and checked.
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export async function writeAgents(root) {
  const { loadAgent } = await import(join(root, 'dist/manifest/agent/load.js'));
  const { capabilityFault } = await import(join(root, 'dist/capability/rules.js'));
  const folder = join(root, 'manifests/agents');
  const specs = await Promise.all(readdirSync(folder).map(async (name) => loadAgent(join(folder, name), { kind: 'bundled', checkCapability: capabilityFault })));
  // Where the file lies is known when it is read.
  writeFileSync(join(root, 'dist/agents.json'), JSON.stringify(Object.fromEntries(specs.map((spec) => [spec.name, { ...spec, origin: { kind: 'bundled', file: basename(spec.origin.file) } }]))));
}
