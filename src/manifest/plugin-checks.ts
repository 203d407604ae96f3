import { checkCache } from './cache-checks.ts';
import { checkCapabilityText, type CheckCapability } from './checks.ts';
import { quote, type Issue, type Path } from './issue.ts';
import { checkJsonSchema, checkResultSchema } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { API_VERSION, type PluginManifest, type PluginTool } from './plugin-manifest.ts';
import { hasSecrets } from './secret-parts.ts';
import { oneOf } from './zod-issues.ts';

const RESERVED = ['help', 'json', 'params'];

/** Finds what the schema cannot say about the `toka` block of a package.json. */
export function checkPlugin(manifest: PluginManifest, base: Path, checkCapability?: CheckCapability): Issue[] {
  const { contributes, configSchema } = manifest;
  return [
    ...(configSchema === undefined ? [] : checkJsonSchema(configSchema, [...base, 'configSchema'])),
    ...Object.entries(contributes).flatMap(([kind, entries]) => checkIds(entries, [...base, 'contributes', kind])),
    ...contributes.tools.flatMap((tool, index) => checkTool(tool, [...base, 'contributes', 'tools', index], checkCapability)),
  ];
}

/** Why a range of the plugin API does not hold the one of this toka; nothing where it does, or where it is no range. */
export function apiFault(range: string): { readonly offered: string; readonly isNewer: boolean } | undefined {
  const [, major, minor = 0] = /^\^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(range)?.map((part) => Number(part ?? 0)) ?? [];
  if (major === undefined || (major === API_VERSION.major && minor <= API_VERSION.minor)) return undefined;
  return { offered: `${API_VERSION.major}.${API_VERSION.minor}`, isNewer: major >= API_VERSION.major };
}

function checkIds(entries: readonly { readonly id: string }[], path: Path): Issue[] {
  const seen = new Set<string>();
  return entries.flatMap(({ id }, index): Issue[] => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ path: [...path, index, 'id'], code: 'duplicate', expected: 'an id of its own', found: quote(id) }];
  });
}

function checkTool(tool: PluginTool, path: Path, checkCapability: CheckCapability | undefined): Issue[] {
  const { properties, required } = tool.params;
  const names = Object.keys(properties);
  const templates = {
    paths: names.filter((name) => isPath(properties[name])),
    secrets: names.filter((name) => hasSecrets(properties[name] ?? {})),
  };
  return [
    ...checkJsonSchema(tool.params, [...path, 'params']),
    ...checkResultSchema(tool.output, [...path, 'output']),
    ...names.flatMap((name) => checkProperty(tool, name, [...path, 'params', 'properties', name])),
    ...required.flatMap((name, index) => checkKnown(name, names, [...path, 'params', 'required', index])),
    ...checkPositions(tool, [...path, 'params', 'properties']),
    ...(['required', 'optional'] as const).flatMap((list) =>
      tool.capabilities[list].flatMap((text, index) =>
        checkCapabilityText(text, [...path, 'capabilities', list, index], templates, checkCapability),
      ),
    ),
    ...checkCache(tool, [...path, 'cache']),
    ...tool.examples.flatMap(({ params }, index) =>
      Object.keys(params).flatMap((name) => checkKnown(name, names, [...path, 'examples', index, 'params', name])),
    ),
  ];
}

function isPath(property: PluginTool['params']['properties'][string] | undefined): boolean {
  return property?.['x-type'] === 'path' || property?.items?.['x-type'] === 'path';
}

function checkProperty({ params }: PluginTool, name: string, path: Path): Issue[] {
  const property = params.properties[name];
  if (RESERVED.includes(name)) {
    return [{ path, at: 'key', code: 'bad-value', expected: `a name other than ${RESERVED.join(', ')}`, found: quote(name) }];
  }
  if (property?.['x-type'] === 'path' && property.type !== 'string') {
    const hint = property.type === 'array' ? ', or in the items of a list' : '';
    return [{ path: [...path, 'x-type'], code: 'conflict', expected: `path only for a string${hint}`, found: `path for type ${property.type}` }];
  }
  if (property?.default === undefined) return [];
  const conflict = { path: [...path, 'default'], at: 'key', code: 'conflict' } as const;
  if (property['x-type'] === 'secret') return [{ ...conflict, expected: 'no default for a secret' }];
  return params.required.includes(name) ? [{ ...conflict, expected: 'either a required parameter or a default', found: 'both' }] : [];
}

function checkKnown(name: string, names: readonly string[], path: Path): Issue[] {
  if (names.includes(name)) return [];
  const suggestion = nearest(name, names);
  return [
    {
      path,
      code: 'unknown-name',
      expected: names.length === 0 ? 'no parameters' : oneOf(names),
      found: quote(name),
      ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
    },
  ];
}

function checkPositions({ params }: PluginTool, path: Path): Issue[] {
  const seen = new Map<number, string>();
  return Object.entries(params.properties).flatMap(([name, property]): Issue[] => {
    const position = property['x-position'];
    if (position === undefined) return [];
    const first = seen.get(position);
    seen.set(position, first ?? name);
    if (first === undefined) return [];
    const expected = `another place than that of ${quote(first)}`;
    return [{ path: [...path, name, 'x-position'], code: 'duplicate', expected, found: String(position) }];
  });
}
