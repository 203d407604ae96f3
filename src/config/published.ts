import type { JsonSchema } from '@toka/sdk';
import * as z from 'zod';
import { agentManifest } from '../manifest/agent/agent-manifest.ts';
import { lockFile } from '../manifest/lock-file.ts';
import { pluginManifest } from '../manifest/plugin-manifest.ts';
import { toolManifest } from '../manifest/tool-manifest.ts';
import { policyTestFile } from './policy-test.ts';
import { configFile } from './schema.ts';

/**
 * The JSON Schemas (2020-12) that editors and other programs check manifests and configuration with. They say all that a JSON Schema can;
 * relations between parts, which they cannot, stand in the descriptions and are checked by toka alone.
 *
 * @returns By name: `tool`, `agent`, `plugin`, `config`, `lock` and `policy-test`.
 */
export function publishedSchemas(): Readonly<Record<'tool' | 'agent' | 'plugin' | 'config' | 'lock' | 'policy-test', JsonSchema>> {
  return {
    tool: publish('tool', 'toka tool manifest', toolManifest),
    agent: publish('agent', 'toka agent', agentManifest),
    plugin: publish('plugin', 'toka block of a package.json', pluginManifest),
    config: publish('config', 'toka configuration', configFile),
    lock: publish('lock', 'toka lock', lockFile),
    'policy-test': publish('policy-test', 'Expectations of a policy of toka', policyTestFile),
  };
}

function publish(name: string, title: string, schema: z.ZodType): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'throw' });
  return { $schema, $id: `urn:toka:schema:${name}:v1`, title, ...rest };
}
